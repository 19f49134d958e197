//! Counts replies in a stream of bytes that arrives in chunks of any size.
//!
//! It does what the core's client does but does not parse samples, which would cost more than the
//! rest of this program: every line between `ok` and the empty line counts as a sample.

use std::ops::AddAssign;

use memchr::memchr;

/// One connection's replies.
#[derive(Debug, Default)]
pub(crate) struct Replies {
    state: State,
    /// An incomplete line.
    front: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// Before the first line of a reply.
    #[default]
    Waiting,
    /// Within a reply, among its samples.
    Listing,
    /// Before the text of an error.
    Refused,
    /// Before the empty line that ends an error.
    Ending,
}

/// The counts of a stream, or of a part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) ok: u64,
    pub(crate) errors: u64,
    pub(crate) samples: u64,
}

impl Count {
    pub(crate) fn replies(&self) -> u64 {
        self.ok + self.errors
    }
}

impl AddAssign for Count {
    fn add_assign(&mut self, other: Self) {
        self.ok += other.ok;
        self.errors += other.errors;
        self.samples += other.samples;
    }
}

/// A line that is not part of any reply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAReply(pub(crate) String);

impl Replies {
    /// Reads the next bytes. Returns the replies and samples that were completed by them.
    pub(crate) fn read(&mut self, mut bytes: &[u8]) -> Result<Count, NotAReply> {
        let mut count = Count::default();
        while !bytes.is_empty() {
            bytes = match self.skip_stored(bytes, &mut count) {
                [] => break,
                rest => self.read_line(rest, &mut count)?,
            };
        }
        Ok(count)
    }

    /// Skips and counts leading `ok` replies without samples, which are the usual ones.
    fn skip_stored<'a>(&self, mut bytes: &'a [u8], count: &mut Count) -> &'a [u8] {
        if matches!(self.state, State::Waiting) && self.front.is_empty() {
            while let Some(rest) = bytes.strip_prefix(b"ok\n\n") {
                count.ok += 1;
                bytes = rest;
            }
        }
        bytes
    }

    /// Reads one line. Returns the bytes after it.
    fn read_line<'a>(&mut self, bytes: &'a [u8], count: &mut Count) -> Result<&'a [u8], NotAReply> {
        let Some(end) = memchr(b'\n', bytes) else {
            self.front.extend_from_slice(bytes);
            return if self.front.len() > MAX_LINE { Err(shown(&self.front)) } else { Ok(&[]) };
        };
        let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
        if self.front.is_empty() {
            self.end_line(line, count)?;
        } else {
            let mut whole = std::mem::take(&mut self.front);
            whole.extend_from_slice(line);
            self.end_line(&whole, count)?;
        }
        Ok(rest)
    }

    fn end_line(&mut self, line: &[u8], count: &mut Count) -> Result<(), NotAReply> {
        self.state = match (self.state, line) {
            (State::Waiting, b"ok") => State::Listing,
            (State::Waiting, b"error") => State::Refused,
            (State::Refused, b"wrong command") => State::Ending,
            (State::Listing, b"") => {
                count.ok += 1;
                State::Waiting
            }
            (State::Ending, b"") => {
                count.errors += 1;
                State::Waiting
            }
            (State::Listing, _) => {
                count.samples += 1;
                State::Listing
            }
            _ => return Err(shown(line)),
        };
        Ok(())
    }
}

fn shown(line: &[u8]) -> NotAReply {
    let front = &line[..line.len().min(SHOWN)];
    NotAReply(front.escape_ascii().to_string())
}

/// The longest line accepted; no server's sample lines are as long.
const MAX_LINE: usize = 4096;

/// Bytes of a wrong line to show.
const SHOWN: usize = 30;

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &[u8] =
        b"ok\n\nok\nk 1.5 10\nk 2.0 11\n\nerror\nwrong command\n\nok\n\nok\nk 1.0 1\n\n";

    #[test]
    fn replies_and_samples_are_counted_wherever_the_stream_is_cut() {
        let expected = Count { ok: 4, errors: 1, samples: 3 };
        for cut in 0..=STREAM.len() {
            let (mut replies, (one, two)) = (Replies::default(), STREAM.split_at(cut));
            let mut count = replies.read(one).unwrap();
            count += replies.read(two).unwrap();
            assert_eq!(count, expected, "cut at {cut}");
        }
    }

    #[test]
    fn a_stream_byte_by_byte_is_counted_the_same() {
        let (mut replies, mut count) = (Replies::default(), Count::default());
        STREAM.chunks(1).for_each(|byte| count += replies.read(byte).unwrap());
        assert_eq!(count.replies(), 5);
    }

    #[test]
    fn what_is_no_reply_is_shown() {
        let greeting = b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n";
        let shown = NotAReply("SSH-2.0-OpenSSH_9.2p1 Debian-2".into());
        assert_eq!(Replies::default().read(greeting), Err(shown));
        for stream in [&b"\n"[..], b"okay\n", b"error\n\n", b"error\nwrong command\nk 1.0 1\n"] {
            assert!(Replies::default().read(stream).is_err(), "{stream:?}");
        }
        assert!(Replies::default().read(&[b'x'; 5000]).is_err());
    }
}
