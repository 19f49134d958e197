//! A set of offsets of a pattern.

use super::{BELOW, MAX_PATTERN};

/// A set of the offsets of a pattern, of which the last is its end. It has room for `64 * WORDS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct States<const WORDS: usize>([u64; WORDS]);

/// The words for any pattern.
pub(super) const LONG: usize = (MAX_PATTERN + BELOW.len()) / 64 + 1;

/// The words for most patterns. Their sets fit in a register.
pub(super) const SHORT: usize = 1;

/// Whether a pattern of this length has offsets that [`SHORT`] has no room for. On small processors
/// every pattern is long, so that the code is there only once.
pub(super) const fn is_long(length: usize) -> bool {
    cfg!(not(target_pointer_width = "64")) || length >= 64 * SHORT
}

impl<const WORDS: usize> States<WORDS> {
    pub(super) const NONE: Self = Self([0; WORDS]);

    pub(super) fn one(at: usize) -> Self {
        let mut states = Self::NONE;
        states.insert(at);
        states
    }

    pub(super) fn insert(&mut self, at: usize) {
        if let Some(word) = self.0.get_mut(at / 64) {
            *word |= 1 << (at % 64);
        }
    }

    pub(super) fn insert_some(&mut self, at: Option<usize>) {
        if let Some(at) = at {
            self.insert(at);
        }
    }

    pub(super) fn has(&self, at: usize) -> bool {
        self.0.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0 == [0; WORDS]
    }

    /// Returns the first offset that is not before `from`.
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        let mut mask = u64::MAX << (from % 64);
        for (index, word) in self.0.iter().enumerate().skip(from / 64) {
            let bits = word & mask;
            if bits != 0 {
                return Some(index * 64 + bits.trailing_zeros() as usize);
            }
            mask = u64::MAX;
        }
        None
    }
}
