//! The server: bytes of requests in, bytes of replies out.
//!
//! ```text
//!              a line that is too long
//!        ┌──────────────────────────────▶ SkippingLine ─┐
//!      Idle ◀───────────────────────────────────────────┘ its line feed: "wrong command"
//!        ▲ │ a put or a wrong command: its reply, and Idle again
//!        │ ▼ a get: "ok"
//!      Listing(position) ─┐
//!        ▲                │ the output is full, or the store must fetch more: the line stays
//!        └────────────────┘ unconsumed, so that the next call reads the selector again
//! ```
//!
//! After a line of HTTP ([`http`](crate::http)) the state is Refusing instead of Idle, for good:
//! every line is a wrong command.

use core::ops::ControlFlow::{self, Break, Continue};

use crate::Key;
use crate::batch::Batch;
use crate::http;
use crate::limits::Limits;
use crate::line::{Frame, frame};
use crate::position::Position;
use crate::progress::{Next, Progress};
use crate::reply::{END, OK, STORED, WRONG_COMMAND};
use crate::request::{Request, Selector, WrongCommand, parse_request};
use crate::sample::Sample;
use crate::store::{Refused, Scan, Store};

/// The server's side of one connection.
///
/// It holds no bytes: the caller owns both buffers. Each line gets one reply, in the order of the
/// lines. Replies do not depend on how the input is cut or how large the buffers are.
#[derive(Clone, Debug)]
pub struct ServerConnection {
    limits: Limits,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between two lines.
    Idle,
    /// Within a line that is too long, before its line feed.
    SkippingLine,
    /// The same, and every later line is refused.
    SkippingHttp,
    /// Between two lines. Every line is a wrong command.
    Refusing,
    /// Within the reply to the get at the front of the input.
    Listing(Position),
}

impl ServerConnection {
    /// Creates the server's side of a new connection.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits, state: State::Idle }
    }

    /// Returns the bounds of requests.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// Answers as many lines of the input as the output has room for.
    ///
    /// `input` is all that was received and not consumed, in order. `output` is the whole buffer;
    /// its first `filled` bytes are not sent yet. A reply that fits the buffer is never split, so
    /// it may have to wait until those are sent. Calls make progress if the input buffer has room
    /// for [`Limits::min_input`] bytes and the output for [`Limits::min_output`]. Smaller buffers
    /// may make the server ask for more for ever. If a listing has a key over these bounds, put by
    /// another server, and its line does not fit the output, the connection ends.
    ///
    /// With a store that waits, [`Store::poll_ready`] must be awaited before anything is sent.
    pub fn process<S: Store>(
        &mut self,
        store: &mut S,
        input: &[u8],
        output: &mut [u8],
        filled: usize,
    ) -> Progress {
        let mut store = same_waits::<S, _>(store.batch());
        let mut batch = Batch::new(input, output, filled);
        loop {
            if let Break(next) = self.step(&mut store, &mut batch) {
                return batch.progress(next);
            }
        }
    }

    /// Answers the line at the front, or breaks with what it needs for that.
    fn step<S: Store>(&mut self, store: &mut S, batch: &mut Batch<'_>) -> ControlFlow<Next> {
        let (text, taken) = match frame(batch.unread(), self.limits) {
            Frame::Line { text, taken } => (text, taken),
            Frame::Incomplete if !self.is_skipping() => return Break(Next::Input),
            Frame::Incomplete | Frame::TooLong => return self.skip(batch),
        };
        if batch.output.room() < LONGEST_FIXED_REPLY {
            return Break(Next::Output);
        }
        match self.request(text) {
            Ok(Request::Get(selector)) => self.get(store, batch, selector, taken),
            Ok(Request::Put { key, sample }) => self.put(store, batch, (key, sample), taken),
            Err(WrongCommand) => self.refuse(batch, text, taken),
        }
    }

    /// Discards bytes of a line that is too long.
    fn skip(&mut self, batch: &mut Batch<'_>) -> ControlFlow<Next> {
        let is_http = self.is_refusing().unwrap_or_else(|| self.begins_as_http(batch.unread()));
        self.state = if is_http { State::SkippingHttp } else { State::SkippingLine };
        batch.consume(batch.unread().len());
        Break(Next::Input)
    }

    /// Parses a line, within the bounds of this server.
    fn request<'a>(&self, text: &'a [u8]) -> Result<Request<'a>, WrongCommand> {
        if self.is_refusing().is_some() || text.len() > self.limits.line() {
            return Err(WrongCommand);
        }
        let request = parse_request(text)?;
        let length = request.key().map_or(0, |key| key.as_bytes().len());
        if length > self.limits.key() { Err(WrongCommand) } else { Ok(request) }
    }

    fn is_skipping(&self) -> bool {
        matches!(self.state, State::SkippingLine | State::SkippingHttp)
    }

    /// Whether later lines are refused; `None` if the line at the front may be a request.
    fn is_refusing(&self) -> Option<bool> {
        match self.state {
            State::SkippingLine => Some(false),
            State::SkippingHttp | State::Refusing => Some(true),
            State::Idle | State::Listing(_) => None,
        }
    }

    /// Whether a wrong line is one of HTTP, after which every line is refused.
    fn is_http(&self, text: &[u8]) -> bool {
        self.begins_as_http(text) && (http::ends(text) || text.len() > self.limits.line())
    }

    /// Looks only at what every input buffer holds of a line, so that the answer does not depend on
    /// how the input is cut.
    fn begins_as_http(&self, line: &[u8]) -> bool {
        http::begins(line.get(..self.limits.min_input()).unwrap_or(line))
    }

    fn refuse(&mut self, batch: &mut Batch<'_>, text: &[u8], taken: usize) -> ControlFlow<Next> {
        let refusing = self.is_refusing().unwrap_or_else(|| self.is_http(text));
        self.answer(batch, WRONG_COMMAND, taken)?;
        batch.tally.wrong_commands = batch.tally.wrong_commands.saturating_add(1);
        if refusing {
            self.state = State::Refusing;
        }
        Continue(())
    }

    /// Completes the reply to a line.
    fn answer(&mut self, batch: &mut Batch<'_>, reply: &[u8], taken: usize) -> ControlFlow<Next> {
        if batch.output.append([reply], 0).is_err() {
            return Break(Next::Output);
        }
        batch.consume(taken);
        self.state = State::Idle;
        Continue(())
    }

    /// Completes the reply to a request.
    fn answer_request(
        &mut self,
        batch: &mut Batch<'_>,
        reply: &[u8],
        taken: usize,
    ) -> ControlFlow<Next> {
        batch.tally.requests = batch.tally.requests.saturating_add(1);
        self.answer(batch, reply, taken)
    }

    fn put<S: Store>(
        &mut self,
        store: &mut S,
        batch: &mut Batch<'_>,
        (key, sample): (Key<'_>, Sample),
        taken: usize,
    ) -> ControlFlow<Next> {
        let stored = store.put(key, sample);
        if S::WAITS && stored == Err(Refused::NotYet) {
            return self.wait(store, batch, Position::START);
        }
        self.answer_request(batch, if stored.is_ok() { STORED } else { WRONG_COMMAND }, taken)
    }

    /// Starts or resumes a listing.
    fn get<S: Store>(
        &mut self,
        store: &mut S,
        batch: &mut Batch<'_>,
        selector: Selector<'_>,
        taken: usize,
    ) -> ControlFlow<Next> {
        let start = batch.output.written();
        let begun = match self.state {
            State::Listing(position) => Some(position),
            _ => None,
        };
        let scan = match begun {
            Some(position) => batch.list(store, selector, position),
            None => batch.start_list(store, selector),
        };
        match scan {
            Scan::Done => self.answer_request(batch, END, taken),
            Scan::Refused if begun.is_none() => {
                batch.output.rewind(start);
                self.answer_request(batch, WRONG_COMMAND, taken)
            }
            // It may fit an empty buffer, so it waits until the replies before it are sent.
            Scan::Stopped(_) | Scan::NotYet(_) if begun.is_none() && start > 0 => {
                batch.output.rewind(start);
                Break(Next::Output)
            }
            Scan::Stopped(position) => self.stop(batch, begun, position),
            Scan::NotYet(position) if S::WAITS => {
                self.pause(batch, position);
                self.wait(store, batch, position)
            }
            Scan::NotYet(_) | Scan::Refused => Break(Next::Close),
        }
    }

    /// Interrupts a listing where the output is full. If a line does not fit an empty output, the
    /// listing can never continue.
    fn stop(
        &mut self,
        batch: &Batch<'_>,
        begun: Option<Position>,
        position: Position,
    ) -> ControlFlow<Next> {
        if begun == Some(position) && batch.output.written() == 0 {
            return Break(Next::Close);
        }
        self.state = State::Listing(position);
        Break(Next::Output)
    }

    /// Interrupts a listing where the store must fetch more. Before its first sample the listing
    /// has not begun, so the reply may still be an error.
    fn pause(&mut self, batch: &mut Batch<'_>, position: Position) {
        if position.is_start() {
            batch.output.rewind(0);
        } else {
            self.state = State::Listing(position);
        }
    }

    /// Announces the requests in the input to the store, so that one wait serves them all.
    #[cold]
    fn wait<S: Store>(
        &self,
        store: &mut S,
        batch: &Batch<'_>,
        mut from: Position,
    ) -> ControlFlow<Next> {
        let mut rest = batch.unread();
        while let Frame::Line { text, taken } = frame(rest, self.limits) {
            // Requests after a line of HTTP are refused, so they must not be announced.
            let goes_on = match self.request(text) {
                Ok(request) => store.want(request, from),
                Err(WrongCommand) => !self.is_http(text),
            };
            if !goes_on {
                break;
            }
            from = Position::START;
            rest = rest.get(taken..).unwrap_or_default();
        }
        Break(Next::Wait)
    }
}

/// Checks that a handle forwards `WAITS`: clippy does not check that for constants.
fn same_waits<S: Store, H: Store>(handle: H) -> H {
    const { assert!(S::WAITS == H::WAITS, "the handle of a batch waits if its store does") };
    handle
}

/// The free output that the server needs before it handles a line: a put must not be stored before
/// there is room for its reply.
const LONGEST_FIXED_REPLY: usize = WRONG_COMMAND.len();

const _: () =
    assert!(STORED.len() <= LONGEST_FIXED_REPLY && OK.len() + END.len() <= LONGEST_FIXED_REPLY);

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec;
    use std::vec::Vec;

    use super::*;
    use crate::fixed_store::FixedStore;
    use crate::limits::MIN_OUTPUT;
    use crate::progress::Tally;

    const LIMITS: Limits = Limits::new(64, 14);
    const DIALOGUE: &[u8] = b"put b 2 1\r\nput a 1 -5\nput a 2.50 3\n\nget a\nget *\nget none\n\
        put kkkkkkkkkkkkkkk 1 1\nget kkkkkkkkkkkkkkk\nput c 1 1\n\
        get 45678901234567890123456789012345678901234567890123456789012345\nget b\nhalf";
    const REPLIES: &str = "ok\n\nok\n\nok\n\nerror\nwrong command\n\n\
        ok\na 1.0 -5\na 2.5 3\n\nok\na 1.0 -5\na 2.5 3\nb 2.0 1\n\nok\n\n\
        error\nwrong command\n\nerror\nwrong command\n\nerror\nwrong command\n\n\
        error\nwrong command\n\nok\nb 2.0 1\n\n";

    /// A connection whose peer sends pieces and which writes up to `room` bytes at a time.
    fn talk(pieces: &[&[u8]], room: usize) -> (Vec<Vec<u8>>, Tally) {
        let mut store = FixedStore::<2, 4, 16>::new();
        let mut server = ServerConnection::new(LIMITS);
        let (mut input, mut writes, mut tally) = (Vec::new(), Vec::new(), Tally::default());
        for byte_run in pieces.iter().flat_map(|piece| piece.chunks(LIMITS.min_input() / 2)) {
            input.extend_from_slice(byte_run);
            loop {
                let mut output = vec![0; room];
                let progress = server.process(&mut store, &input, &mut output, 0);
                input.drain(..progress.consumed);
                output.truncate(progress.filled);
                writes.push(output);
                tally.requests += progress.tally.requests;
                tally.wrong_commands += progress.tally.wrong_commands;
                if progress.next == Next::Input {
                    break;
                }
            }
            assert!(input.len() < LIMITS.min_input());
        }
        (writes, tally)
    }

    #[test]
    fn cutting_and_room_do_not_change_the_replies() {
        let tally = Tally { requests: 8, wrong_commands: 4 };
        for room in (MIN_OUTPUT..MIN_OUTPUT + 30).chain([4096]) {
            for cut in 0..=DIALOGUE.len() {
                let (front, back) = DIALOGUE.split_at(cut);
                let (writes, counted) = talk(&[front, back], room);
                assert_eq!(std::str::from_utf8(&writes.concat()), Ok(REPLIES), "{room} {cut}");
                assert_eq!(counted, tally);
            }
        }
        let (writes, counted) = talk(&DIALOGUE.chunks(1).collect::<Vec<_>>(), MIN_OUTPUT);
        assert_eq!((writes.concat().as_slice(), counted), (REPLIES.as_bytes(), tally));
    }

    #[test]
    fn a_long_reply_is_resumed_and_a_reply_that_fits_is_not_split() {
        let mut store = FixedStore::<1, 100, 16>::new();
        let mut server = ServerConnection::new(LIMITS);
        for timestamp in 0..100 {
            let put = std::format!("put key 0.5 {timestamp}\n");
            server.process(&mut store, put.as_bytes(), &mut [0; MIN_OUTPUT], 0);
        }
        let (mut input, mut writes) = (&b"get none\nget *\nget none\n"[..], Vec::new());
        while !input.is_empty() {
            let mut output = [0; MIN_OUTPUT];
            let progress = server.process(&mut store, input, &mut output, 0);
            input = &input[progress.consumed..];
            writes.push(std::string::String::from_utf8(output[..progress.filled].into()).unwrap());
        }
        let samples = (0..100).map(|timestamp| std::format!("key 0.5 {timestamp}\n"));
        let listing = std::format!("ok\n{}\n", samples.collect::<std::string::String>());
        assert_eq!(writes.concat(), std::format!("ok\n\n{listing}ok\n\n"));
        assert_eq!(writes[0], "ok\n\n", "the listing starts a write of its own");
        assert!(writes[1..].iter().all(|write| write.ends_with('\n')), "lines are whole");
    }

    #[test]
    fn a_put_is_not_stored_before_there_is_room_for_its_reply() {
        let mut store = FixedStore::<1, 1, 16>::new();
        let mut server = ServerConnection::new(LIMITS);
        let progress = server.process(&mut store, b"put a 1 2\n", &mut [0; 20], 0);
        assert_eq!((progress.consumed, progress.filled, progress.next), (0, 0, Next::Output));
        assert_eq!(store.counters().samples, 0);
    }

    #[test]
    fn a_line_of_the_bound_is_read_and_a_longer_one_is_not() {
        let line = |zeros: usize| std::format!("put a {}1 2", "0".repeat(zeros));
        let fits = line(64 - "put a 1 2".len());
        for (text, reply) in [
            (std::format!("{fits}\n"), STORED),
            (std::format!("{fits}\r\n"), STORED),
            (std::format!("{}\n", line(fits.len())), WRONG_COMMAND),
            (std::format!("{}\n", "x".repeat(100_000)), WRONG_COMMAND),
        ] {
            let (writes, _) = talk(&[text.as_bytes()], MIN_OUTPUT);
            assert_eq!(writes.concat(), reply, "{} bytes", text.len());
        }
    }

    #[test]
    fn the_rest_of_a_line_that_is_too_long_is_not_a_request() {
        let mut long = [b'x'; 66];
        let mut server = ServerConnection::new(LIMITS);
        let mut store = FixedStore::<1, 1, 16>::new();
        let mut process = |input: &[u8]| {
            let mut output = [0; MIN_OUTPUT];
            let progress = server.process(&mut store, input, &mut output, 0);
            assert_eq!((progress.consumed, progress.next), (input.len(), Next::Input));
            output[..progress.filled].to_vec()
        };
        assert_eq!(process(&long), b"");
        assert_eq!(process(b"put a 1 2\nget a\n"), [WRONG_COMMAND, STORED].concat());
        long[65] = b'\n';
        assert_eq!(process(&long), WRONG_COMMAND);
    }

    #[test]
    fn a_line_of_http_begins_within_the_bound_however_it_is_cut() {
        let min = LIMITS.min_input();
        for capitals in min - 6..min + 2 {
            let dialogue = std::format!("{} http\nput a 1 2\n", "G".repeat(capitals));
            let is_http = capitals + " http".len() <= min;
            let due = [WRONG_COMMAND, if is_http { WRONG_COMMAND } else { STORED }].concat();
            let whole = |input: &[u8]| {
                let (mut store, mut output) = (FixedStore::<2, 4, 16>::new(), [0; MIN_OUTPUT]);
                let mut server = ServerConnection::new(LIMITS);
                let progress = server.process(&mut store, input, &mut output, 0);
                output[..progress.filled].to_vec()
            };
            assert_eq!(whole(dialogue.as_bytes()), due, "{capitals}");
            let (writes, _) = talk(&[dialogue.as_bytes()], MIN_OUTPUT);
            assert_eq!(writes.concat(), due, "{capitals}, cut");
        }
    }

    #[test]
    fn a_connection_costs_a_server_40_bytes_and_a_position_24() {
        assert!(size_of::<ServerConnection>() <= 40, "{}", size_of::<ServerConnection>());
        assert!(size_of::<Position>() <= 24, "{}", size_of::<Position>());
    }
}
