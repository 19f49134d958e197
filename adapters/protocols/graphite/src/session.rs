//! A connection of lines of text, as a session over a store.

use std::net::SocketAddr;
use std::ops::ControlFlow::{self, Break, Continue};
use std::sync::Arc;
use std::task::{Context, Poll};

use metric_driver::{Next, Progress, Session};
use metric_proto::{FirstLine, LONGEST_KEY, Lost, Position, Refused, Request, Store};

use crate::counters::Escaped;
use crate::dialect::{Dialect, Outcome, Said};
use crate::door::{Door, split_line};
use crate::fault::Fault;
use crate::path::Room;
use crate::text::Text;

/// A connection of lines of text: each line has a sample, which is put to a store. A line with a fault
/// costs only itself.
#[derive(Debug)]
pub struct LineSession<S, D> {
    store: S,
    lines: Lines<D>,
}

#[derive(Debug)]
struct Lines<D> {
    door: Arc<Door<D>>,
    peer: SocketAddr,
    state: State,
    is_ended: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before the first line, which must not be one of HTTP: a web page must not make a visitor's
    /// browser store samples.
    Beginning,
    /// Between two lines.
    Idle,
    /// Within a line that is too long, before its line feed.
    SkippingLine,
}

impl<S: Store, D: Dialect> LineSession<S, D> {
    /// Creates the session of a new connection over a store or a handle to one.
    pub const fn new(store: S, door: Arc<Door<D>>, peer: SocketAddr) -> Self {
        Self { store, lines: Lines { door, peer, state: State::Beginning, is_ended: false } }
    }
}

impl<S: Store, D: Dialect> Session for LineSession<S, D> {
    fn min_input(&self) -> usize {
        self.lines.door.limits.min_input()
    }

    fn min_output(&self) -> usize {
        D::LONGEST_REPLY
    }

    fn process(&mut self, input: &[u8], output: &mut [u8], filled: usize) -> Progress {
        let mut turn = Turn { rest: input, output, filled, stored: 0, refused: 0 };
        let (mut store, mut room) = (self.store.batch(), [0; LONGEST_KEY]);
        let next = loop {
            if let Break(next) = self.lines.step(&mut store, &mut turn, &mut room) {
                break next;
            }
        };
        self.lines.door.counters().count(turn.stored, turn.refused);
        Progress { consumed: input.len() - turn.rest.len(), filled: turn.filled, next }
    }

    fn end_input(&mut self) {
        self.lines.is_ended = true;
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        if S::WAITS { self.store.poll_ready(context) } else { Poll::Ready(Ok(())) }
    }
}

/// The input and the output of one call.
struct Turn<'a> {
    rest: &'a [u8],
    output: &'a mut [u8],
    filled: usize,
    stored: u64,
    refused: u64,
}

impl<D: Dialect> Lines<D> {
    /// Handles the line at the front, or breaks with what it needs for that.
    fn step<S: Store>(
        &mut self,
        store: &mut S,
        turn: &mut Turn<'_>,
        room: &mut Room,
    ) -> ControlFlow<Next> {
        if self.state == State::Beginning {
            self.begin(turn)?;
        }
        let Some((line, taken)) = split_line(turn.rest) else { return Break(self.part(turn)) };
        if turn.output.len() - turn.filled < D::LONGEST_REPLY {
            return Break(Next::Output);
        }
        if self.state != State::SkippingLine {
            self.line(store, turn, line, room)?;
        }
        self.state = State::Idle;
        turn.rest = turn.rest.get(taken..).unwrap_or_default();
        Continue(())
    }

    fn line<S: Store>(
        &self,
        store: &mut S,
        turn: &mut Turn<'_>,
        line: &[u8],
        room: &mut Room,
    ) -> ControlFlow<Next> {
        let outcome = match self.door.read(line, room) {
            Ok(Said::Sample(key, sample)) => match store.put(key, sample) {
                Ok(()) => {
                    turn.stored += 1;
                    return Continue(());
                }
                Err(Refused::NotYet) if S::WAITS => {
                    self.announce(store, turn.rest, room);
                    return Break(Next::Wait);
                }
                Err(refused) => {
                    turn.refused += 1;
                    Outcome::Refused(refused)
                }
            },
            Ok(Said::Nothing) => return Continue(()),
            Ok(Said::Question) => Outcome::Asked,
            Ok(Said::End) => return Break(Next::Close),
            Err(fault) => {
                self.fault(fault, line);
                // One that came in parts is not there any more.
                if fault == Fault::LongLine {
                    return Continue(());
                }
                Outcome::Faulty(fault)
            }
        };
        self.reply(turn, line, outcome);
        Continue(())
    }

    /// Looks at the first line.
    fn begin(&mut self, turn: &mut Turn<'_>) -> ControlFlow<Next> {
        match FirstLine::of(turn.rest, self.door.limits) {
            FirstLine::Native => self.state = State::Idle,
            FirstLine::Http => {
                self.fault(Fault::Http, split_line(turn.rest).map_or(turn.rest, |(line, _)| line));
                return Break(Next::Close);
            }
            _ => return Break(self.part(turn)),
        }
        Continue(())
    }

    /// Handles a part of a line: it waits for the rest, unless that is too long or never comes.
    fn part(&mut self, turn: &mut Turn<'_>) -> Next {
        let is_skipping = self.state == State::SkippingLine;
        let fault = match turn.rest {
            [] => return Next::Input,
            rest if rest.len() >= self.door.limits.min_input() => Fault::LongLine,
            _ if self.is_ended => Fault::Cut,
            _ if is_skipping => Fault::LongLine,
            _ => return Next::Input,
        };
        if !is_skipping {
            self.fault(fault, turn.rest);
        }
        self.state = State::SkippingLine;
        turn.rest = &[];
        Next::Input
    }

    /// Announces the samples in the input to the store, so that one wait serves them all.
    #[cold]
    fn announce<S: Store>(&self, store: &mut S, mut rest: &[u8], room: &mut Room) {
        while let Some((line, taken)) = split_line(rest) {
            if let Ok(Said::Sample(key, sample)) = self.door.read(line, room)
                && !store.want(Request::Put { key, sample }, Position::START)
            {
                return;
            }
            rest = rest.get(taken..).unwrap_or_default();
        }
    }

    fn reply(&self, turn: &mut Turn<'_>, line: &[u8], outcome: Outcome) {
        let mut reply = Text::behind(turn.output, turn.filled);
        // There is room for the longest reply.
        let _ = self.door.dialect.reply(line, outcome, &mut reply);
        turn.filled = reply.len();
    }

    #[cold]
    fn fault(&self, fault: Fault, line: &[u8]) {
        self.door.counters().fault(fault, self.peer, &Escaped(line));
    }
}

#[cfg(test)]
mod tests {
    use metric_proto::Limits;
    use metric_query::TimeUnit;

    use super::*;
    use crate::line::GraphiteLines;
    use crate::memory::{Memory, Patient, Wire};
    use crate::time::Clock;

    const LIMITS: Limits = Limits::new(70, 8);

    fn door() -> Arc<Door<GraphiteLines>> {
        Arc::new(Door::new(GraphiteLines::new(Clock::system(TimeUnit::Seconds)), LIMITS))
    }

    /// Sends bytes in pieces of a size; returns what comes next, and the faults.
    fn send<S: Store>(store: S, sent: &[u8], size: usize) -> (Next, Vec<(&'static str, u64)>) {
        let door = door();
        let session = LineSession::new(store, Arc::clone(&door), ([127, 0, 0, 1], 1).into());
        let next = Wire::new(session).receive_all(sent.chunks(size));
        let faults = door.counters().faults().filter(|(_, count)| *count > 0);
        (next, faults.map(|(fault, count)| (fault.as_str(), count)).collect())
    }

    /// Lines of all kinds, and what is stored of them.
    fn dialogue() -> (String, [&'static str; 3], [(&'static str, u64); 4]) {
        let long = "x".repeat(LIMITS.line() + 1);
        let sent = format!(
            "a 1 2\r\nb 2.5 -3\n\n{long}\nb x 4\n{long}{long}{long}\r\nc;b=1;a=2 0 9\nkkkkkkkkk 1 1\n\
             kkkkkkkk 1 1\na 2 2\nhalf 1 1"
        );
        let stored = ["a 2.0 2", "b 2.5 -3", "kkkkkkkk 1.0 1"];
        let faults = [("value", 1), ("long_key", 2), ("long_line", 2), ("cut", 1)];
        (sent, stored, faults)
    }

    #[test]
    fn cutting_does_not_change_what_is_stored_or_counted() {
        let (sent, stored, faults) = dialogue();
        for size in 1..=sent.len() {
            let mut store = Memory::default();
            let (next, found) = send(&mut store, sent.as_bytes(), size);
            assert_eq!((next, store.lines()), (Next::Input, stored.map(str::to_owned).to_vec()));
            assert_eq!(found, faults, "{size}");
        }
    }

    #[test]
    fn a_store_that_waits_gets_each_sample_once() {
        let (sent, stored, faults) = dialogue();
        for size in [1, 7, sent.len()] {
            let mut store = Patient::default();
            let (next, found) = send(&mut store, sent.as_bytes(), size);
            assert_eq!((next, store.lines()), (Next::Input, stored.map(str::to_owned).to_vec()));
            assert_eq!(found, faults, "{size}");
        }
    }

    #[test]
    fn a_request_of_http_ends_the_connection_before_its_body_is_read() {
        let request = b"POST / HTTP/1.1\r\nHost: a\r\n\r\na 1 2\n";
        for size in 1..=request.len() {
            let mut store = Memory::default();
            let (next, found) = send(&mut store, request, size);
            assert_eq!((next, store.lines().len()), (Next::Close, 0), "{size}");
            assert_eq!(found, [("http", 1)]);
        }
        let mut store = Memory::default();
        send(&mut store, b"GET 1 2\nGET / HTTP/1.1\na 1 2\n", 100);
        assert_eq!(store.lines(), ["GET 1.0 2", "a 1.0 2"]);
    }
}
