//! Opening a block in pieces.
//!
//! A block of the largest size takes tens of milliseconds, so others have turns in between.

use super::{Unopened, claimed};

/// A block that is being opened.
///
/// ```text
/// length (varint), then elements:
///     literal   the length, bytes
///     copy      the length, how far back
/// ```
#[derive(Debug)]
pub(crate) struct Opening<'a> {
    block: &'a [u8],
    /// How much of a literal is left to take.
    literal: usize,
    opened: Vec<u8>,
    claimed: usize,
}

impl<'a> Opening<'a> {
    /// Begins to open a block. Nothing is allocated before its claim is checked.
    ///
    /// # Errors
    ///
    /// As of [`claimed`].
    pub(crate) fn new(block: &'a [u8]) -> Result<Self, Unopened> {
        let claimed = claimed(block)?;
        let head = block.iter().take_while(|byte| **byte >= 0x80).count() + 1;
        let block = block.get(head..).unwrap_or_default();
        Ok(Self { block, literal: 0, opened: Vec::with_capacity(claimed), claimed })
    }

    /// Opens so many bytes more, or a few beyond. Returns whether all are open.
    ///
    /// # Errors
    ///
    /// If the block is broken.
    pub(crate) fn advance(&mut self, bytes: usize) -> Result<bool, Unopened> {
        let end = self.opened.len().saturating_add(bytes);
        while self.opened.len() < end && (self.literal > 0 || !self.block.is_empty()) {
            match self.literal {
                0 => self.element()?,
                _ => self.take_literal(end - self.opened.len())?,
            }
        }
        let is_read = self.literal == 0 && self.block.is_empty();
        if is_read && self.opened.len() != self.claimed {
            return Err(Unopened::Broken);
        }
        Ok(is_read)
    }

    /// Returns what is open.
    pub(crate) fn into_opened(self) -> Vec<u8> {
        self.opened
    }

    /// Reads an element. A literal is only begun.
    fn element(&mut self) -> Result<(), Unopened> {
        let [tag] = *self.take()?;
        let bits = usize::from(tag >> 2);
        match tag & 3 {
            0 => {
                let before_last = if bits < 60 { bits } else { self.integer(bits - 59)? };
                self.literal = before_last.saturating_add(1);
                Ok(())
            }
            1 => {
                let [low] = *self.take()?;
                self.copy(4 + (bits & 7), bits >> 3 << 8 | usize::from(low))
            }
            2 => {
                let back = self.integer(2)?;
                self.copy(bits + 1, back)
            }
            _ => {
                let back = self.integer(4)?;
                self.copy(bits + 1, back)
            }
        }
    }

    /// Takes bytes of the literal.
    fn take_literal(&mut self, most: usize) -> Result<(), Unopened> {
        let length = self.literal.min(most);
        let (bytes, rest) = self.block.split_at_checked(length).ok_or(Unopened::Broken)?;
        self.check_room(length)?;
        self.opened.extend_from_slice(bytes);
        self.block = rest;
        self.literal -= length;
        Ok(())
    }

    /// Repeats bytes from so far back. What is repeated may be part of what this appends.
    fn copy(&mut self, mut length: usize, back: usize) -> Result<(), Unopened> {
        let from = self.opened.len().checked_sub(back).ok_or(Unopened::Broken)?;
        if back == 0 {
            return Err(Unopened::Broken);
        }
        self.check_room(length)?;
        while length > 0 {
            let piece = length.min(self.opened.len() - from);
            self.opened.extend_from_within(from..from + piece);
            length -= piece;
        }
        Ok(())
    }

    fn check_room(&self, length: usize) -> Result<(), Unopened> {
        let is_claimed = length <= self.claimed - self.opened.len();
        is_claimed.then_some(()).ok_or(Unopened::Broken)
    }

    /// Reads an integer of so many bytes, four at most.
    fn integer(&mut self, bytes: usize) -> Result<usize, Unopened> {
        let (number, rest) = self.block.split_at_checked(bytes).ok_or(Unopened::Broken)?;
        self.block = rest;
        Ok(number.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    fn take<const N: usize>(&mut self) -> Result<&'a [u8; N], Unopened> {
        let (bytes, rest) = self.block.split_first_chunk().ok_or(Unopened::Broken)?;
        self.block = rest;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use snap::raw::{Decoder, Encoder};

    /// Opens a block in pieces, each of which is little longer than it should be.
    fn opened(block: &[u8], piece: usize) -> Result<Vec<u8>, Unopened> {
        let mut opening = Opening::new(block)?;
        loop {
            let before = opening.opened.len();
            if opening.advance(piece)? {
                return Ok(opening.into_opened());
            }
            assert!((piece..piece + 64).contains(&(opening.opened.len() - before)));
        }
    }

    proptest! {
        #[test]
        fn a_block_opens_to_the_same_however_it_is_cut(
            text in "([ab]{0,200}|\\PC{0,30}){0,9}",
            repeats in 1_usize..300,
            piece in 1_usize..5_000,
        ) {
            let content = text.repeat(repeats);
            let block = Encoder::new().compress_vec(content.as_bytes()).unwrap();
            prop_assert_eq!(opened(&block, piece).unwrap(), content.as_bytes());
        }

        #[test]
        fn what_another_decoder_refuses_is_refused(
            length in 0_u8..0x80,
            elements in prop::collection::vec(prop_oneof![0_u8..=255, Just(0), Just(1), Just(2), Just(8)], 0..40),
            piece in 1_usize..20,
        ) {
            let block = [vec![length], elements].concat();
            let expected = Decoder::new().decompress_vec(&block).ok();
            let expected = expected.filter(|_| claimed(&block).is_ok());
            prop_assert_eq!(opened(&block, piece).ok(), expected);
        }
    }
}
