//! One connection: sends a batch of requests in one write, then waits for all replies.

use std::fmt;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use mio::net::TcpStream;

use crate::mix::Kind;
use crate::pace::Due;
use crate::replies::{Count, NotAReply, Replies};
use crate::tally::Tally;
use crate::workload::Workload;

pub(crate) struct Connection {
    socket: TcpStream,
    replies: Replies,
    lines: Vec<u8>,
    /// Bytes of `lines` sent so far.
    sent: usize,
    kinds: Vec<Kind>,
    /// Requests answered so far.
    answered: usize,
    /// When the first request was due, and the interval between requests.
    since: Instant,
    interval: Duration,
}

/// Why a connection can no longer be used.
#[derive(Debug)]
pub(crate) enum Failure {
    Broken(io::Error),
    /// The server closed it; the number is that of unanswered requests.
    Ended(usize),
    NotAReply(NotAReply),
    /// More replies came than requests were sent.
    TooMany,
}

impl Connection {
    /// Creates an idle connection from a non-blocking socket.
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            replies: Replies::default(),
            lines: Vec::new(),
            sent: 0,
            kinds: Vec::new(),
            answered: 0,
            since: Instant::now(),
            interval: Duration::ZERO,
        }
    }

    /// Returns whether all requests are answered.
    pub(crate) fn is_idle(&self) -> bool {
        self.answered == self.kinds.len()
    }

    /// Sends the next requests. The connection is idle.
    pub(crate) fn send(
        &mut self,
        due: Due,
        workload: &mut Workload,
        tally: &mut Tally,
    ) -> Result<(), Failure> {
        self.lines.clear();
        self.kinds.clear();
        (self.sent, self.answered) = (0, 0);
        workload.write(due.count, &mut self.lines, &mut self.kinds);
        (self.since, self.interval) =
            due.schedule.unwrap_or_else(|| (Instant::now(), Duration::ZERO));
        tally.bytes_sent += self.lines.len() as u64;
        self.flush()
    }

    /// Sends the bytes that did not fit the kernel's buffer before.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        while self.sent < self.lines.len() {
            match self.socket.write(&self.lines[self.sent..]) {
                Ok(sent) => self.sent += sent,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(Failure::Broken(error)),
            }
        }
        Ok(())
    }

    /// Reads until the socket is empty. A read that does not fill the buffer has emptied it, which
    /// saves a call.
    pub(crate) fn receive(&mut self, buffer: &mut [u8], tally: &mut Tally) -> Result<(), Failure> {
        loop {
            let length = match self.socket.read(buffer) {
                Ok(0) => return Err(Failure::Ended(self.kinds.len() - self.answered)),
                Ok(length) => length,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(Failure::Broken(error)),
            };
            tally.bytes_received += length as u64;
            let count = self.replies.read(&buffer[..length]).map_err(Failure::NotAReply)?;
            self.count(count, tally)?;
            if length < buffer.len() {
                return Ok(());
            }
        }
    }

    fn count(&mut self, count: Count, tally: &mut Tally) -> Result<(), Failure> {
        let (now, first) = (Instant::now(), self.answered);
        self.answered += count.replies() as usize;
        let answered = self.kinds.get(first..self.answered).ok_or(Failure::TooMany)?;
        answered.iter().for_each(|&kind| tally.kinds[kind as usize] += 1);
        tally.replies += count;
        self.record(now, first, tally);
        Ok(())
    }

    /// Records the latencies of the requests from `first` on, which were just answered.
    fn record(&self, now: Instant, first: usize, tally: &mut Tally) {
        let latency = |since| now.saturating_duration_since(since);
        if self.interval.is_zero() {
            return tally.record(latency(self.since), (self.answered - first) as u64);
        }
        for request in first..self.answered {
            tally.record(latency(self.since + self.interval * request as u32), 1);
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(error) => write!(f, "a connection broke: {error}; has the server failed?"),
            Self::Ended(unanswered) => write!(
                f,
                "the server closed a connection, requests unanswered there: {unanswered}; its log \
                 may tell why"
            ),
            Self::NotAReply(NotAReply(text)) => {
                write!(f, "a line that is not part of a reply: `{text}`; is this a metrics server?")
            }
            Self::TooMany => f.write_str("more replies than requests; is this a metrics server?"),
        }
    }
}
