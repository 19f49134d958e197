//! The client: requests out, bytes of replies in, events out.
//!
//! ```text
//!   Waiting ── "ok" ──▶ Listing ── an empty line ──▶ Waiting        each sample line between
//!      │                                                            them is an event
//!      └──── "error" ──▶ Refused ── "wrong command" ──▶ Ending ── an empty line ──▶ Waiting
//!
//!   whatever else comes ──▶ Broken, for good
//! ```

use core::fmt;

use crate::key::Key;
use crate::limits::Limits;
use crate::line::{Frame, frame};
use crate::output::OutputFull;
use crate::reply::parse_sample;
use crate::request::Request;
use crate::sample::Sample;

/// The client's side of one connection.
///
/// Any number of requests may be written before the first reply is read; replies come in the order
/// of the requests. It holds no bytes: the caller owns both buffers.
#[derive(Clone, Debug)]
pub struct ClientConnection {
    limits: Limits,
    pending: u32,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Before the first line of a reply.
    Waiting,
    /// Within a reply, among its samples.
    Listing,
    /// Before the text of an error.
    Refused,
    /// Before the empty line that ends an error.
    Ending,
    /// Out of step with the server.
    Broken(InvalidReply),
}

/// A part of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event<'a> {
    /// A sample of the reply to a get; more may follow.
    Sample(Key<'a>, Sample),
    /// The end of a reply: the request was done. A put and a get that found nothing have the same
    /// reply, so remember what was asked.
    Done,
    /// The whole reply to a request that was not done: a wrong command, or a put that was refused.
    Refused,
}

/// What a call of [`ClientConnection::receive`] did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received<'a> {
    /// How many bytes at the front of the input are done with; the rest must come again, at the
    /// front of the next call's input.
    pub consumed: usize,
    /// What was read, or `None` if that takes more input.
    pub event: Option<Event<'a>>,
}

impl ClientConnection {
    /// A client that has sent nothing yet, and reads reply lines that are within these bounds.
    ///
    /// An input buffer must have room for [`Limits::min_input`] bytes.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits, pending: 0, state: State::Waiting }
    }

    /// Writes a request to be sent, and waits for its reply from now on; returns how many bytes
    /// it takes.
    ///
    /// # Errors
    ///
    /// [`OutputFull`] if the output is shorter than that, or if four billion replies are due; then no
    /// reply is waited for.
    pub fn send(&mut self, request: &Request<'_>, output: &mut [u8]) -> Result<usize, OutputFull> {
        let pending = self.pending.checked_add(1).ok_or(OutputFull)?;
        let length = request.write(output)?;
        self.pending = pending;
        Ok(length)
    }

    /// Reads up to one event from the front of what was received and not consumed.
    ///
    /// # Errors
    ///
    /// [`InvalidReply`] if the server does not speak the protocol. The client is of no more use
    /// then and says the same again.
    pub fn receive<'a>(&mut self, input: &'a [u8]) -> Result<Received<'a>, InvalidReply> {
        let mut consumed = 0;
        loop {
            let unread = input.get(consumed..).unwrap_or_default();
            let Some((text, taken)) = self.next_line(unread)? else {
                return Ok(Received { consumed, event: None });
            };
            consumed = consumed.saturating_add(taken);
            if let Some(event) = self.read_line(text)? {
                return Ok(Received { consumed, event: Some(event) });
            }
        }
    }

    /// How many replies have not ended yet.
    #[must_use]
    pub const fn pending(&self) -> u32 {
        self.pending
    }

    /// A line and how many bytes it takes, or `None` if it is not whole yet.
    fn next_line<'a>(
        &mut self,
        input: &'a [u8],
    ) -> Result<Option<(&'a [u8], usize)>, InvalidReply> {
        if let State::Broken(error) = self.state {
            return Err(error);
        }
        if self.pending == 0 && !input.is_empty() {
            return Err(self.fail(InvalidReply::Unexpected));
        }
        match frame(input, self.limits) {
            Frame::Incomplete => Ok(None),
            Frame::Line { text, taken } if text.len() <= self.limits.line() => {
                Ok(Some((text, taken)))
            }
            Frame::Line { .. } | Frame::TooLong => Err(self.fail(InvalidReply::LineTooLong)),
        }
    }

    /// Goes from one state to the next by a line; returns the event that it is or ends.
    fn read_line<'a>(&mut self, text: &'a [u8]) -> Result<Option<Event<'a>>, InvalidReply> {
        match (self.state, text) {
            (State::Waiting, b"ok") => self.state = State::Listing,
            (State::Waiting, b"error") => self.state = State::Refused,
            (State::Refused, b"wrong command") => self.state = State::Ending,
            (State::Listing, b"") => return Ok(Some(self.end(Event::Done))),
            (State::Ending, b"") => return Ok(Some(self.end(Event::Refused))),
            (State::Listing, line) => {
                let (key, sample) =
                    parse_sample(line).ok_or_else(|| self.fail(InvalidReply::NotAReply))?;
                return Ok(Some(Event::Sample(key, sample)));
            }
            _ => return Err(self.fail(InvalidReply::NotAReply)),
        }
        Ok(None)
    }

    fn end<'a>(&mut self, event: Event<'a>) -> Event<'a> {
        self.state = State::Waiting;
        self.pending = self.pending.saturating_sub(1);
        event
    }

    fn fail(&mut self, error: InvalidReply) -> InvalidReply {
        self.state = State::Broken(error);
        error
    }
}

/// What came is not a reply of the protocol.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidReply {
    /// Bytes came although every request has its reply.
    Unexpected,
    /// A line is over the client's bound.
    LineTooLong,
    /// A line is not one that can stand where it does.
    NotAReply,
}

impl fmt::Display for InvalidReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unexpected => "the server sent bytes that no request asked for",
            Self::LineTooLong => "the server sent a line that is too long",
            Self::NotAReply => "the server sent a line that is not of a reply",
        })
    }
}

impl core::error::Error for InvalidReply {}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::vec::Vec;

    use super::*;
    use crate::request::Selector;

    fn client(requests: u32) -> ClientConnection {
        let mut client = ClientConnection::new(Limits::DESKTOP);
        for _ in 0..requests {
            client.send(&Request::Get(Selector::All), &mut [0; 6]).unwrap();
        }
        client
    }

    /// The events of a stream that comes in the given pieces.
    fn events(
        client: &mut ClientConnection,
        pieces: &[&[u8]],
    ) -> Result<Vec<std::string::String>, InvalidReply> {
        let (mut input, mut events) = (Vec::new(), Vec::new());
        for piece in pieces {
            input.extend_from_slice(piece);
            loop {
                let Received { consumed, event } = client.receive(&input)?;
                events.extend(event.map(|event| std::format!("{event:?}")));
                let ended = event.is_none();
                input.drain(..consumed);
                if ended {
                    break;
                }
            }
        }
        Ok(events)
    }

    const REPLIES: &[u8] = b"ok\na 1.0 2\na 1.5 3\n\nerror\nwrong command\n\nok\n\n";

    #[test]
    fn cutting_does_not_change_the_events() {
        let whole = events(&mut client(3), &[REPLIES]).unwrap();
        assert_eq!(whole.len(), 5);
        for cut in 0..=REPLIES.len() {
            let (front, back) = REPLIES.split_at(cut);
            let mut client = client(3);
            assert_eq!(events(&mut client, &[front, back]).as_ref(), Ok(&whole), "{cut}");
            assert_eq!(client.pending(), 0);
        }
    }

    #[test]
    fn a_line_over_the_bound_is_too_long_however_it_is_cut() {
        let reply = |zeros| std::format!("ok\nk 1 {}\n\n", "0".repeat(zeros));
        for (text, error) in [(reply(636), None), (reply(637), Some(InvalidReply::LineTooLong))] {
            let bytes = text.as_bytes();
            assert_eq!(events(&mut client(1), &[bytes]).err(), error);
            assert_eq!(events(&mut client(1), &bytes.chunks(1).collect::<Vec<_>>()).err(), error);
        }
    }

    #[test]
    fn a_request_that_finds_no_room_awaits_no_reply() {
        let mut client = client(1);
        let get = Request::Get(Selector::All);
        assert_eq!(client.send(&get, &mut [0; 5]), Err(OutputFull));
        assert_eq!(client.pending(), 1);
    }

    #[test]
    fn what_is_no_reply_breaks_the_client_for_good() {
        let long = [b'x'; Limits::DESKTOP.min_input()];
        let cases = [
            (1, &b"OK\n"[..], InvalidReply::NotAReply),
            (1, b"\n", InvalidReply::NotAReply),
            (1, b"ok\nok\n", InvalidReply::NotAReply),
            (1, b"ok\na nan 1\n", InvalidReply::NotAReply),
            (1, b"error\nno\n", InvalidReply::NotAReply),
            (1, b"error\nwrong command\nok\n", InvalidReply::NotAReply),
            (1, b"ok\n\nok\n\n", InvalidReply::Unexpected),
            (0, b"o", InvalidReply::Unexpected),
            (1, &long, InvalidReply::LineTooLong),
        ];
        for (requests, bytes, error) in cases {
            let mut client = client(requests);
            assert_eq!(events(&mut client, &[bytes]), Err(error), "{bytes:?}");
            assert_eq!(events(&mut client, &[b"ok\n\n"]), Err(error), "{bytes:?}");
        }
    }
}
