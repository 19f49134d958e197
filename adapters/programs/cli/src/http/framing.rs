//! Where the body of a reply is, and where it ends.
//!
//! ```text
//!   Content-Length:     Content ─▶ End
//!   chunked:         ┌▶ Size ─▶ Content ─▶ Separator ┐
//!                    └───────────────────────────────┘
//!                       Size 0 ─▶ Trailers ─▶ End
//! ```

use httparse::{Status, parse_chunk_size};

/// How far a body was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// So many bytes follow, which are the rest of the body.
    Length(u64),
    /// The size of a chunk follows.
    Size,
    /// So many bytes of a chunk follow.
    Chunk(u64),
    /// A line end follows, which separates chunks.
    Separator,
    /// Lines follow that mean nothing here. An empty one ends the body.
    Trailers,
    End,
}

/// What the front of the input is: first bytes that belong to the framing, then content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Front {
    pub(super) framing: usize,
    pub(super) content: usize,
}

/// Bytes that are not HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

impl Framing {
    /// Takes the front of the input, with at most `most` bytes of content. More input is needed if
    /// there is no content in it, unless the body [has ended](Self::is_end).
    pub(super) fn take(&mut self, input: &[u8], most: usize) -> Result<Front, Malformed> {
        let mut framing = 0;
        loop {
            let rest = input.get(framing..).unwrap_or_default();
            let taken = match self {
                Self::Length(0) => self.enter(Self::End, 0),
                Self::Chunk(0) => self.enter(Self::Separator, 0),
                Self::Length(left) | Self::Chunk(left) => {
                    let left_here = usize::try_from(*left).unwrap_or(usize::MAX);
                    let content = rest.len().min(most).min(left_here);
                    *left -= content as u64;
                    return Ok(Front { framing, content });
                }
                // httparse takes a size without digits for 0, which would end the body.
                Self::Size if rest.first().is_some_and(|byte| !byte.is_ascii_hexdigit()) => {
                    return Err(Malformed);
                }
                Self::Size => match parse_chunk_size(rest).map_err(|_| Malformed)? {
                    Status::Complete((length, 0)) => self.enter(Self::Trailers, length),
                    Status::Complete((length, size)) => self.enter(Self::Chunk(size), length),
                    Status::Partial => None,
                },
                Self::Separator => match rest {
                    [b'\r', b'\n', ..] => self.enter(Self::Size, 2),
                    [] | [b'\r'] => None,
                    _ => return Err(Malformed),
                },
                Self::Trailers => match rest.windows(2).position(|end| end == b"\r\n") {
                    Some(0) => self.enter(Self::End, 2),
                    Some(length) => Some(length + 2),
                    None => None,
                },
                Self::End => None,
            };
            match taken {
                Some(taken) => framing += taken,
                None => return Ok(Front { framing, content: 0 }),
            }
        }
    }

    pub(super) fn is_end(self) -> bool {
        matches!(self, Self::End | Self::Length(0))
    }

    fn enter(&mut self, next: Self, taken: usize) -> Option<usize> {
        *self = next;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reads a body that arrives in pieces of a size. Returns it and what follows it.
    fn read(
        mut framing: Framing,
        bytes: &[u8],
        size: usize,
    ) -> Result<(Vec<u8>, Vec<u8>), Malformed> {
        let (mut input, mut body) = (Vec::new(), Vec::new());
        let mut pieces = bytes.chunks(size);
        while !framing.is_end() {
            let Front { framing: skipped, content } = framing.take(&input, 7)?;
            input.drain(..skipped);
            body.extend(input.drain(..content));
            if content == 0 && !framing.is_end() {
                input.extend(pieces.next().expect("the body has ended before"));
            }
        }
        input.extend(pieces.flatten());
        Ok((body, input))
    }

    fn chunked(chunks: &[Vec<u8>]) -> Vec<u8> {
        let chunk = |chunk: &Vec<u8>| {
            [format!("{:X};x=y\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat()
        };
        let chunks: Vec<_> = chunks.iter().map(chunk).collect();
        [&chunks.concat()[..], b"0\r\nDate: now\r\n\r\n"].concat()
    }

    #[test]
    fn what_is_not_a_chunk_is_malformed() {
        for bytes in [&b"x\r\n"[..], b"\r\n", b"1\r\nab\r\n", b"fffffffffffffffff\r\n"] {
            assert_eq!(read(Framing::Size, bytes, 1), Err(Malformed), "{bytes:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn a_body_is_the_same_however_it_is_cut(
            chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..5),
            size in 1..50_usize,
        ) {
            let (body, next) = (chunks.concat(), b"HTTP".to_vec());
            let sent = [chunked(&chunks), next.clone()].concat();
            prop_assert_eq!(read(Framing::Size, &sent, size), Ok((body.clone(), next.clone())));
            let sent = [body.clone(), next.clone()].concat();
            prop_assert_eq!(read(Framing::Length(body.len() as u64), &sent, size), Ok((body, next)));
        }
    }
}
