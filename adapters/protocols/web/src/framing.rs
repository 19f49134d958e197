//! Where requests begin and end, as strictly as whatever stands before the server may read it.
//!
//! hyper reads some things generously: a line feed alone ends a line of a head or of trailers, a head
//! may tell its length in two ways, and the size of a chunk has any number of digits. Here hyper gets
//! [`REFUSED`] in their place. Everything else is left to hyper, which tells after each head how long
//! the body is; so it gets a head alone, and nothing of the next one with a body.

/// A byte that hyper refuses in heads, sizes of chunks and trailers.
const REFUSED: u8 = 0;

/// How long the body of a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Length {
    Of(u64),
    Chunked,
}

/// What a byte belongs to.
#[derive(Debug)]
pub(crate) enum Framing {
    Head(Lines),
    /// A body, or a chunk and its end, of which this many bytes are to come.
    Data(u64, Length),
    /// The line with the size of a chunk, with the number of its digits.
    Size {
        digits: u8,
        size: u64,
    },
    Trailers(Lines),
}

/// The most digits in the size of a chunk.
const DIGITS: u8 = 8;

impl Framing {
    /// The framing at the beginning of a connection.
    pub(crate) const START: Self = Self::Head(Lines::START);

    /// A body begins, behind its head.
    pub(crate) fn begin(&mut self, body: Length) {
        *self = match body {
            Length::Of(0) => Self::START,
            Length::Of(length) => Self::Data(length, body),
            Length::Chunked => Self::SIZE,
        };
    }

    const SIZE: Self = Self::Size { digits: 0, size: 0 };

    /// Passes over received bytes, up to the end of a head or a body at most, and changes what is
    /// refused. Returns how many bytes those are.
    pub(crate) fn pass(&mut self, bytes: &mut [u8]) -> usize {
        let mut passed = 0;
        while let Some(rest) = bytes.get_mut(passed..).filter(|rest| !rest.is_empty()) {
            let (count, is_end) = self.step(rest);
            passed += count;
            if is_end {
                break;
            }
        }
        passed
    }

    /// Passes over a byte, or over data. Returns how many bytes those are, and whether a head or a body
    /// ends.
    fn step(&mut self, bytes: &mut [u8]) -> (usize, bool) {
        match self {
            Self::Head(lines) | Self::Trailers(lines) => {
                bytes[0] = lines.byte(bytes[0]);
                let is_end = lines.is_end();
                if is_end {
                    *self = Self::START;
                }
                (1, is_end)
            }
            Self::Data(left, length) => {
                let count = bytes.len().min(usize::try_from(*left).unwrap_or(usize::MAX));
                *left -= count as u64;
                let (is_over, is_body) = (*left == 0, *length != Length::Chunked);
                if is_over {
                    *self = if is_body { Self::START } else { Self::SIZE };
                }
                (count, is_over && is_body)
            }
            Self::Size { digits, size } => {
                bytes[0] = size_byte(bytes[0], digits, size);
                if bytes[0] == b'\n' {
                    *self = match *size {
                        0 => Self::Trailers(Lines::BEHIND_LINE),
                        size => Self::Data(size + 2, Length::Chunked),
                    };
                }
                (1, false)
            }
        }
    }
}

/// Reads a byte of the line with the size of a chunk.
fn size_byte(byte: u8, digits: &mut u8, size: &mut u64) -> u8 {
    let digit = char::from(byte).to_digit(16).filter(|_| *digits <= DIGITS);
    match digit {
        Some(_) if *digits == DIGITS => return REFUSED,
        Some(digit) => (*digits, *size) = (*digits + 1, *size << 4 | u64::from(digit)),
        // Whatever follows is no part of the size.
        None => *digits = DIGITS + 1,
    }
    byte
}

/// Lines that end with an empty one.
#[derive(Debug)]
pub(crate) struct Lines {
    /// How many bytes of [`END`] the last ones were.
    ended: usize,
    /// How many bytes of the line there were, and which of [`LENGTHS`] it begins like.
    column: usize,
    like: [bool; 2],
    /// Which of them there were.
    told: [bool; 2],
}

const END: &[u8] = b"\r\n\r\n";

/// The headers that tell a length, of which a head may have one.
const LENGTHS: [&[u8]; 2] = [b"content-length:", b"transfer-encoding:"];

impl Lines {
    const START: Self = Self { ended: 0, column: 0, like: [true; 2], told: [false; 2] };
    const BEHIND_LINE: Self = Self { ended: 2, ..Self::START };

    /// Reads a byte. Returns it, or [`REFUSED`].
    fn byte(&mut self, byte: u8) -> u8 {
        let is_expected = byte == END[self.ended];
        self.ended = if is_expected { self.ended + 1 } else { usize::from(byte == b'\r') };
        if byte == b'\n' {
            (self.column, self.like) = (0, [true; 2]);
            return if is_expected { byte } else { REFUSED };
        }
        for (index, name) in LENGTHS.iter().enumerate() {
            let is_like = name.get(self.column) == Some(&byte.to_ascii_lowercase());
            self.like[index] &= is_like;
            self.told[index] |= self.like[index] && self.column + 1 == name.len();
        }
        self.column += 1;
        if self.told == [true; 2] { REFUSED } else { byte }
    }

    fn is_end(&self) -> bool {
        self.ended == END.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "GET / HTTP/1.1\r\nA: b\r\n\r\n";

    /// Passes bytes. Returns them as they are passed, at once or in pieces of up to a number of bytes.
    fn passed(framing: &mut Framing, bytes: &[u8], most: usize) -> Vec<Vec<u8>> {
        let (mut bytes, mut all) = (bytes.to_vec(), Vec::new());
        while !bytes.is_empty() {
            let most = most.min(bytes.len());
            let count = framing.pass(&mut bytes[..most]);
            all.push(bytes.drain(..count).collect());
        }
        all
    }

    /// Returns what is passed of a body behind a head, and of what follows.
    fn behind(head: &str, body: Length, rest: &[u8], most: usize) -> Vec<Vec<u8>> {
        let mut framing = Framing::START;
        passed(&mut framing, head.as_bytes(), most);
        framing.begin(body);
        passed(&mut framing, rest, most)
    }

    #[test]
    fn a_head_or_a_body_is_passed_alone() {
        let long = format!("fF\r\n{}\r\n0\r\n\r\n", "\n".repeat(255));
        for (body, whole) in [
            (Length::Of(6), "\n\r\n\r\n\n"),
            (Length::Chunked, "0\r\n\r\n"),
            (Length::Chunked, "6\r\n0\r\n\r\n\n\r\n00000001;a=b\r\n0\r\n0 ;\"1\"\r\n\r\n"),
            (Length::Chunked, &long),
            (Length::Chunked, "0\r\nA: b\r\nContent-Length: 6\r\n\r\n"),
        ] {
            let rest = [whole, HEAD, "\r\n", HEAD].concat();
            let found = behind(HEAD, body, rest.as_bytes(), usize::MAX);
            let expected =
                [whole, HEAD, &format!("\r\n{HEAD}")].map(|text| text.as_bytes().to_vec());
            assert_eq!(found, expected, "{whole:?}");
        }
        let found = behind(HEAD, Length::Of(0), HEAD.as_bytes(), usize::MAX);
        assert_eq!(found, [HEAD.as_bytes()]);
    }

    #[test]
    fn what_may_be_read_in_two_ways_is_refused() {
        for (right, wrong) in [
            ("A: b\r\n\r\n", "A: b\n\r\n"),
            ("A: b\r\n\r\n", "A: b\r\n\n"),
            (
                "Content-Length: 1\r\nTransfer-Encodin: x\r\n",
                "transfer-encoding:\r\ncONTENT-length:",
            ),
            (
                "X-Content-Length: 1\r\nTransfer-Encoding: x\r\n",
                "CONTENT-LENGTH:1\r\nTransfer-Encoding:x",
            ),
            ("Content-Length : 1\r\nTransfer-Encoding: x\r\n", "\nA: b"),
        ] {
            for (text, is_refused) in [(right, false), (wrong, true)] {
                let mut framing = Framing::START;
                let passed = passed(&mut framing, text.as_bytes(), usize::MAX).concat();
                assert_eq!(passed.contains(&REFUSED), is_refused, "{text:?}");
            }
        }
        for wrong in ["000000001\r\n", "0\r\n\n", "0\r\nA: b\n", "1\r\nx\r\n123456789"] {
            let passed = behind(HEAD, Length::Chunked, wrong.as_bytes(), usize::MAX).concat();
            assert!(passed.contains(&REFUSED), "{wrong:?}");
        }
    }

    fn length() -> impl Strategy<Value = Length> {
        prop_oneof![(0_u64..20).prop_map(Length::Of), Just(Length::Chunked)]
    }

    proptest! {
        #[test]
        fn what_is_passed_does_not_depend_on_how_it_comes(
            body in length(),
            rest in "([0-3;a]|\r\n|\n|\r\n\r\n|[cC]ontent-length:|transfer-Encoding:){0,40}",
            most in 1_usize..9,
        ) {
            let whole = behind(HEAD, body, rest.as_bytes(), usize::MAX).concat();
            let cut = behind(HEAD, body, rest.as_bytes(), most).concat();
            prop_assert_eq!(whole, cut);
        }
    }
}
