//! The model's parser of replies: what a client must report for bytes that a server sent.

use super::request::{is_key, parse_timestamp};
use super::value::parse_value;
use super::{Bounds, without_cr};

/// An event that a client reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A sample of a key: the bits of its value, and its timestamp.
    Sample(String, u64, i64),
    /// The end of a reply that is not an error.
    Done,
    /// The reply to a wrong command.
    Refused,
}

/// The reason why bytes are not valid replies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A line is not valid at its place.
    NotAReply,
    /// A line is over its bound.
    LineTooLong,
    /// Bytes follow the last outstanding reply.
    Unexpected,
}

/// Parses bytes as a client with `pending` outstanding replies. Returns its events, and the fault
/// that breaks it, if any.
pub fn read(bytes: &[u8], pending: u32, bounds: &Bounds) -> (Vec<Event>, Result<(), Fault>) {
    let mut reader = Reader { rest: bytes, bounds, events: Vec::new() };
    let broken = match reader.read_replies(pending) {
        Ok(()) if reader.rest.is_empty() => Ok(()),
        Ok(()) => Err(Fault::Unexpected),
        Err(Stop::EndOfBytes) => Ok(()),
        Err(Stop::Broken(error)) => Err(error),
    };
    (reader.events, broken)
}

/// Why there is nothing more to read.
enum Stop {
    EndOfBytes,
    Broken(Fault),
}

const NOT_A_REPLY: Stop = Stop::Broken(Fault::NotAReply);

struct Reader<'a> {
    rest: &'a [u8],
    bounds: &'a Bounds,
    events: Vec<Event>,
}

impl<'a> Reader<'a> {
    fn read_replies(&mut self, count: u32) -> Result<(), Stop> {
        for _ in 0..count {
            let event = match self.line()? {
                b"ok" => self.read_samples()?,
                b"error" => self.read_error()?,
                _ => return Err(NOT_A_REPLY),
            };
            self.events.push(event);
        }
        Ok(())
    }

    fn read_samples(&mut self) -> Result<Event, Stop> {
        loop {
            match self.line()? {
                b"" => return Ok(Event::Done),
                line => self.events.push(self.sample(line).ok_or(NOT_A_REPLY)?),
            }
        }
    }

    fn read_error(&mut self) -> Result<Event, Stop> {
        for expected in ["wrong command", ""] {
            if self.line()? != expected.as_bytes() {
                return Err(NOT_A_REPLY);
            }
        }
        Ok(Event::Refused)
    }

    fn sample(&self, line: &[u8]) -> Option<Event> {
        let fields: Vec<&str> = str::from_utf8(line).ok()?.split(' ').collect();
        match fields[..] {
            [key, value, timestamp] if is_key(key, self.bounds) => {
                let (value, timestamp) = (parse_value(value)?, parse_timestamp(timestamp)?);
                Some(Event::Sample(key.to_owned(), value.to_bits(), timestamp))
            }
            _ => None,
        }
    }

    /// Returns the next line without its line end. Fails as soon as the line is too long, whatever
    /// follows.
    fn line(&mut self) -> Result<&'a [u8], Stop> {
        let end = self.rest.iter().position(|&byte| byte == b'\n');
        let line = without_cr(&self.rest[..end.unwrap_or(self.rest.len())]);
        let hopeless = match end {
            Some(_) => line.len() > self.bounds.line,
            None => self.rest.len() >= self.bounds.line + "\r\n".len(),
        };
        if hopeless {
            return Err(Stop::Broken(Fault::LineTooLong));
        }
        self.rest = &self.rest[end.ok_or(Stop::EndOfBytes)? + 1..];
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { line: 20, key: 8, series: 0, samples: 0 };

    #[test]
    fn replies_are_read_up_to_what_is_none() {
        let sample = Event::Sample("k".into(), 1.5_f64.to_bits(), -2);
        let cases = [
            (&b"ok\r\nk 1.5 -2\n\nerror\nwrong command\n\n"[..], Ok(())),
            (b"ok\nk 1.5 -2\n\nerror\nwrong command\n\n\n", Err(Fault::Unexpected)),
        ];
        for (bytes, broken) in cases {
            let events = vec![sample.clone(), Event::Done, Event::Refused];
            assert_eq!(read(bytes, 2, &BOUNDS), (events, broken));
        }
        for bytes in [&b"OK\n"[..], b"\n", b"ok\nok\n", b"error\n\n", b"ok\nk 1 2 \n"] {
            assert_eq!(read(bytes, 9, &BOUNDS), (vec![], Err(Fault::NotAReply)));
        }
    }

    #[test]
    fn a_line_is_too_long_once_no_line_end_could_save_it() {
        let too_long = Err(Fault::LineTooLong);
        let cases = [
            (format!("ok\nk 1 {}\n", "0".repeat(16)), Ok(())),
            (format!("ok\nk 1 {}\r\n", "0".repeat(16)), Ok(())),
            (format!("ok\nk 1 {}\n", "0".repeat(17)), too_long),
            (format!("ok\nk 1 {}", "0".repeat(17)), Ok(())),
            (format!("ok\nk 1 {}", "0".repeat(18)), too_long),
        ];
        for (bytes, broken) in cases {
            assert_eq!(read(bytes.as_bytes(), 1, &BOUNDS).1, broken, "{bytes}");
        }
    }
}
