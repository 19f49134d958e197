//! The loop: one thread sends the requests that are due and reads the replies.

use std::collections::VecDeque;
use std::io;
use std::mem;
use std::time::{Duration, Instant};

use mio::event::Event;
use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::connect::{PATIENCE, connect};
use crate::connection::{Connection, Failure};
use crate::options::Options;
use crate::pace::Pace;
use crate::tally::Tally;
use crate::workload::Workload;

/// The connections and their workload.
pub(crate) struct Load {
    poll: Poll,
    connections: Vec<Connection>,
    /// Connections with no outstanding requests, the longest idle first.
    idle: VecDeque<usize>,
    workload: Workload,
    pipeline: u64,
    buffer: Vec<u8>,
    tally: Tally,
}

/// The result of a load.
pub(crate) struct Measured {
    pub(crate) tally: Tally,
    /// From the start to the last reply.
    pub(crate) time: Duration,
    /// Requests that were due but never sent.
    pub(crate) missed: u64,
}

impl Load {
    /// Opens the connections. Sends nothing yet.
    pub(crate) fn new(options: &Options) -> Result<Self, String> {
        let poll = Poll::new().map_err(no_poll)?;
        let open = |token| open(&poll, Token(token), options);
        let connections = (0..options.connections).map(open).collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            poll,
            idle: (0..connections.len()).collect(),
            connections,
            workload: Workload::new(options),
            pipeline: options.pipeline,
            buffer: vec![0; BUFFER],
            tally: Tally::new(),
        })
    }

    /// Sends requests until the end of `pace` and until all are answered. Calls `watch` every
    /// [`TICK`], and stops if it returns false.
    ///
    /// 1. Send due requests on each idle connection.
    /// 2. Wait for socket events, at most until the next request is due.
    /// 3. Read from each ready connection, then repeat 1 at once.
    pub(crate) fn run(
        &mut self,
        mut pace: Pace,
        mut watch: impl FnMut(&Tally) -> bool,
    ) -> Result<Measured, String> {
        let mut events = Events::with_capacity(EVENTS);
        let (mut heard, mut watched) = (pace.start(), pace.start());
        loop {
            self.send_due(&mut pace)?;
            let now = Instant::now();
            if self.is_all_answered() {
                if pace.is_over(now) {
                    break;
                }
                heard = now;
            }
            if self.serve_ready(&mut events, &mut pace)? {
                heard = Instant::now();
            } else if now.saturating_duration_since(heard) > PATIENCE {
                return Err(self.silence());
            }
            if now.saturating_duration_since(watched) >= TICK {
                watched = now;
                if !watch(&self.tally) {
                    pace.stop(now);
                }
            }
        }
        let time = heard.saturating_duration_since(pace.start());
        let tally = mem::replace(&mut self.tally, Tally::new());
        Ok(Measured { tally, time, missed: pace.missed() })
    }

    fn send_due(&mut self, pace: &mut Pace) -> Result<(), String> {
        while let Some(&index) = self.idle.front() {
            let Some(due) = pace.take(Instant::now(), self.pipeline) else { break };
            self.idle.pop_front();
            let sent = self.connections[index].send(due, &mut self.workload, &mut self.tally);
            sent.map_err(|failure| failure.to_string())?;
        }
        Ok(())
    }

    /// Returns whether any bytes were received.
    fn serve_ready(&mut self, events: &mut Events, pace: &mut Pace) -> Result<bool, String> {
        let received = self.tally.bytes_received;
        match self.poll.poll(events, Some(self.longest_wait(pace))) {
            // A signal interrupted the wait; `watch` checks for it.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(false),
            result => result.map_err(no_poll)?,
        }
        for event in &*events {
            self.serve(event).map_err(|failure| failure.to_string())?;
            self.send_due(pace)?;
        }
        Ok(self.tally.bytes_received > received)
    }

    fn serve(&mut self, event: &Event) -> Result<(), Failure> {
        let Token(index) = event.token();
        let connection = &mut self.connections[index];
        let was_idle = connection.is_idle();
        connection.flush()?;
        connection.receive(&mut self.buffer, &mut self.tally)?;
        if event.is_read_closed() {
            // The peer closed after these bytes; no other event reports that.
            connection.receive(&mut self.buffer, &mut self.tally)?;
        }
        if connection.is_idle() && !was_idle {
            self.idle.push_back(index);
        }
        Ok(())
    }

    /// Ends a millisecond before the next request is due, because the system's timers are no finer.
    fn longest_wait(&self, pace: &Pace) -> Duration {
        let now = Instant::now();
        let sends = !self.idle.is_empty() && !pace.is_over(now);
        let next = pace.next().filter(|_| sends);
        let wait = next.map_or(TICK, |next| next.saturating_duration_since(now));
        wait.min(TICK).saturating_sub(Duration::from_millis(1))
    }

    fn is_all_answered(&self) -> bool {
        self.idle.len() == self.connections.len()
    }

    fn silence(&self) -> String {
        let all = self.connections.len();
        format!(
            "no reply for {} s, {} of {all} connections wait; does the server allow that many?",
            PATIENCE.as_secs(),
            all - self.idle.len(),
        )
    }
}

fn open(poll: &Poll, token: Token, options: &Options) -> Result<Connection, String> {
    let socket = connect(options.address)?;
    socket.set_nonblocking(true).map_err(no_poll)?;
    let mut socket = TcpStream::from_std(socket);
    let interest = Interest::READABLE | Interest::WRITABLE;
    poll.registry().register(&mut socket, token, interest).map_err(no_poll)?;
    Ok(Connection::new(socket))
}

fn no_poll(error: io::Error) -> String {
    format!("cannot wait for sockets: {error}")
}

/// The interval between calls of `watch`.
const TICK: Duration = Duration::from_millis(100);

/// Events per wait: few enough that no socket waits long while others are served.
const EVENTS: usize = 1024;

/// Bytes per read: more than the replies that arrive together, except long listings.
const BUFFER: usize = 256 * 1024;
