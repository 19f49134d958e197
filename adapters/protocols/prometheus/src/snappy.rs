//! Snappy blocks, in which bodies are sent.

mod opening;

use std::fmt;

use snap::raw::{Encoder, decompress_len};

pub(crate) use self::opening::Opening;

/// The longest body in bytes, as it is sent.
pub const BODY: usize = 10 << 20;

/// The longest body in bytes, opened.
pub const OPEN: usize = 32 << 20;

/// No element of a block yields more bytes for each of its own: a copy of 64 takes 3.
const EXPANSION: usize = 22;

/// Why a block cannot be opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unopened {
    /// It is not a block of snappy.
    Broken,
    /// It would be longer than [`OPEN`].
    TooLong,
}

impl fmt::Display for Unopened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken => f.write_str("the body is not a block of snappy"),
            Self::TooLong => write!(f, "the body is longer than {OPEN} bytes when it is opened"),
        }
    }
}

impl std::error::Error for Unopened {}

/// Returns how long a block claims to be when it is opened.
///
/// # Errors
///
/// If it claims more than [`OPEN`], or than a block of its length can hold.
pub fn claimed(block: &[u8]) -> Result<usize, Unopened> {
    let claimed = decompress_len(block).map_err(|_| Unopened::Broken)?;
    match claimed {
        _ if claimed > OPEN => Err(Unopened::TooLong),
        _ if claimed > block.len() * EXPANSION => Err(Unopened::Broken),
        _ => Ok(claimed),
    }
}

/// Opens a block. Nothing is allocated before its claim is checked.
///
/// # Errors
///
/// As of [`claimed`], or if the block is broken.
pub fn open(block: &[u8]) -> Result<Vec<u8>, Unopened> {
    let mut opening = Opening::new(block)?;
    opening.advance(usize::MAX)?;
    Ok(opening.into_opened())
}

/// A block that is compressed as it grows, so that all of it is never in memory uncompressed.
///
/// The elements of a block may come from several blocks, since none refers to what is before it.
#[derive(Debug, Default)]
pub(crate) struct Block {
    pieces: Vec<Vec<u8>>,
    /// The length when it is opened.
    length: usize,
    /// The length of the pieces.
    size: usize,
}

impl Block {
    /// Appends bytes.
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        // It fails for more than 4 GB only.
        let compressed = Encoder::new().compress_vec(bytes).unwrap_or_default();
        let head = crate::proto::varint_length(bytes.len() as u64);
        self.length += bytes.len();
        self.keep(compressed.get(head..).unwrap_or_default().to_vec());
    }

    /// Appends another one.
    pub(crate) fn append(&mut self, other: Self) {
        self.length += other.length;
        self.size += other.size;
        self.pieces.extend(other.pieces);
    }

    fn keep(&mut self, piece: Vec<u8>) {
        self.size += piece.len();
        self.pieces.push(piece);
    }

    /// Returns how many bytes it takes.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Returns the length when it is opened.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Returns its pieces in their order.
    pub(crate) fn into_pieces(self) -> impl Iterator<Item = Vec<u8>> + Send {
        let mut head = Vec::new();
        crate::proto::put_varint(&mut head, self.length as u64);
        std::iter::once(head).chain(self.pieces)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_claim_is_checked_before_anything_is_allocated() {
        let claim = |length: u64, behind: usize| {
            let mut block = Vec::new();
            crate::proto::put_varint(&mut block, length);
            block.resize(block.len() + behind, 0);
            block
        };
        assert_eq!(open(&claim(u64::from(u32::MAX), 9)), Err(Unopened::TooLong));
        assert_eq!(open(&claim(OPEN as u64 + 1, 9)), Err(Unopened::TooLong));
        assert_eq!(claimed(&claim(OPEN as u64, 9)), Err(Unopened::Broken));
        assert_eq!(open(&claim(OPEN as u64, 9)), Err(Unopened::Broken));
        assert_eq!(open(&claim(u64::MAX, 9)), Err(Unopened::Broken));
        assert!(open(&[]).unwrap_or_default().is_empty());
    }

    proptest! {
        #[test]
        fn a_block_of_pieces_opens_to_what_was_appended(pieces in prop::collection::vec("a{0,300}|\\PC{0,30}", 0..9)) {
            let (mut block, mut other) = (Block::default(), Block::default());
            for (index, piece) in pieces.iter().enumerate() {
                if index % 2 == 0 { block.push(piece.as_bytes()) } else { other.push(piece.as_bytes()) }
            }
            let even = pieces.iter().step_by(2);
            let odd = pieces.iter().skip(1).step_by(2);
            let expected: String = even.chain(odd).map(String::as_str).collect();
            block.append(other);
            let sent: Vec<u8> = block.into_pieces().flatten().collect();
            prop_assert_eq!(open(&sent).unwrap(), expected.as_bytes());
        }

        #[test]
        fn nothing_that_a_compressor_makes_exceeds_the_bound_of_expansion(byte in any::<u8>(), length in 0_usize..1 << 20) {
            let block = Encoder::new().compress_vec(&vec![byte; length]).unwrap();
            prop_assert_eq!(claimed(&block), Ok(length));
        }
    }
}
