//! The client: takes requests and bytes of replies, and returns bytes of requests and events.
//!
//! ```text
//!   Waiting ── "ok" ──▶ Listing ── an empty line ──▶ Waiting        each sample line in
//!      │                                                            between is an event
//!      └──── "error" ──▶ Refused ── "wrong command" ──▶ Ending ── an empty line ──▶ Waiting
//!
//!   any state ── any other line ──▶ Broken, for good
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
/// Any number of requests may be written before the first reply is read. Replies come in the order
/// of the requests. It stores no bytes: the caller owns both buffers.
#[derive(Clone, Debug)]
pub struct ClientConnection {
    limits: Limits,
    pending: u32,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Before the first line of a reply, or while none is outstanding.
    Waiting,
    /// Before a sample line, or the empty line that ends the samples.
    Listing,
    /// Before the text of an error.
    Refused,
    /// Before the empty line that ends an error.
    Ending,
    /// After an invalid reply.
    Broken(InvalidReply),
}

/// A part of a reply.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Event<'a> {
    /// A sample of the reply to a get; more may follow.
    Sample(Key<'a>, Sample),
    /// The end of the reply to a request that succeeded. The replies to a put, and to a get that
    /// finds nothing, are the same: only the caller knows which request it was.
    Done,
    /// The whole reply to a request that failed: a wrong command, or a put that was refused.
    Refused,
}

/// The result of [`ClientConnection::receive`].
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Received<'a> {
    /// How many bytes of the input are consumed. The next call's input starts with the others.
    pub consumed: usize,
    /// The event, or `None` if more input is needed.
    pub event: Option<Event<'a>>,
}

impl ClientConnection {
    /// Creates a client that has sent nothing yet. `limits` bounds the lines of replies, so that an
    /// input buffer of [`Limits::min_input`] bytes holds every line.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self { limits, pending: 0, state: State::Waiting }
    }

    /// Writes a request, which must then be sent. Returns its length in bytes.
    ///
    /// # Errors
    ///
    /// [`OutputFull`] if the output is too short for the request, or if four billion replies are
    /// outstanding. The state does not change then.
    pub fn send(&mut self, request: &Request<'_>, output: &mut [u8]) -> Result<usize, OutputFull> {
        let pending = self.pending.checked_add(1).ok_or(OutputFull)?;
        let length = request.write(output)?;
        self.pending = pending;
        Ok(length)
    }

    /// Reads at most one event from `input`: all bytes that were received and not yet consumed.
    ///
    /// # Errors
    ///
    /// [`InvalidReply`] if the server does not speak the protocol. All later calls return the same
    /// error.
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

    /// How many replies are outstanding, including the one that is being read.
    #[must_use]
    pub const fn pending(&self) -> u32 {
        self.pending
    }

    /// Returns a line and its length with the line end, or `None` if it is not complete yet.
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

    /// Changes the state by a line. Returns the event that the line completes.
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

/// Why received bytes are not a reply of the protocol.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum InvalidReply {
    /// No request asked for these bytes.
    Unexpected,
    /// A line exceeds the client's bound.
    LineTooLong,
    /// A line is not a line of a reply, or not at its place.
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
