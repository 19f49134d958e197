//! The loop of the load generator: one thread sends due requests and reads replies.

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

/// The connections and the requests for them.
pub(crate) struct Load {
    poll: Poll,
    connections: Vec<Connection>,
    /// The connections without outstanding replies, the longest idle first.
    idle: VecDeque<usize>,
    workload: Workload,
    pipeline: u64,
    buffer: Vec<u8>,
    tally: Tally,
}

/// The result of a run.
pub(crate) struct Measured {
    pub(crate) tally: Tally,
    /// The time from the start to the last reply.
    pub(crate) time: Duration,
    /// The number of requests that were due and never sent.
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

    /// Sends due requests until `pace` is over and all are answered. Calls `watch` every [`TICK`]
    /// and stops sending once it returns false.
    ///
    /// 1. Give due requests to each idle connection.
    /// 2. Wait for sockets, at most until the next request is due.
    /// 3. Read replies from each ready socket, and do 1 again after each.
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

    /// Waits for sockets and reads from them. Returns whether any bytes arrived.
    fn serve_ready(&mut self, events: &mut Events, pace: &mut Pace) -> Result<bool, String> {
        let received = self.tally.bytes_received;
        match self.poll.poll(events, Some(self.longest_wait(pace))) {
            // A signal: `watch` reports it.
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
            // Read the end of the stream now: no other event follows.
            connection.receive(&mut self.buffer, &mut self.tally)?;
        }
        if connection.is_idle() && !was_idle {
            self.idle.push_back(index);
        }
        Ok(())
    }

    /// Returns the time to wait for sockets. It is a millisecond short, since that is the unit of
    /// epoll; the rest is spent polling.
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
            "no reply for {} s, {} of {all} connections wait; does the server accept that many?",
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

/// The time between two calls of `watch`.
const TICK: Duration = Duration::from_millis(100);

/// The largest number of events per poll, small enough that no socket waits for long.
const EVENTS: usize = 1024;

/// The number of bytes read at once: more than arrive together, except for long listings.
const BUFFER: usize = 256 * 1024;
