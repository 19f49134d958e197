//! The samples of a chunk, decoded a block at a time.

use metric_proto::Sample;

use crate::DecodeError;
use crate::block::{self, BLOCK};
use crate::values::Values;

/// Iterates over the samples of a chunk; ends with the first error.
///
/// Samples before an error are correct only if the error is [`Truncated`](DecodeError::Truncated).
#[derive(Clone, Debug)]
pub struct Samples<'a> {
    /// The bytes that are not decoded yet, and the number of their samples.
    rest: &'a [u8],
    left: usize,
    /// The last decoded timestamp, and the smallest step, which is decoded with the first sample.
    timestamp: i64,
    smallest: Option<u64>,
    values: Values,
    ready: Ready,
}

/// The samples of a block. Those from `next` to `end` are not returned yet.
#[derive(Clone, Debug)]
struct Ready {
    timestamps: [u64; BLOCK],
    values: [u64; BLOCK],
    next: usize,
    end: usize,
}

impl<'a> Samples<'a> {
    /// Creates an iterator over `count` samples. `rest` is what follows the header.
    pub(crate) fn new(count: usize, values: Values, first: i64, rest: &'a [u8]) -> Self {
        let ready = Ready { timestamps: [0; BLOCK], values: [0; BLOCK], next: 0, end: 0 };
        Self { rest, left: count, timestamp: first, smallest: None, values, ready }
    }

    /// Decodes the first sample, or the next block of samples.
    fn load(&mut self) -> Result<(), DecodeError> {
        self.ready.end = match self.smallest {
            None => self.load_first()?,
            Some(smallest) => self.load_block(smallest)?,
        };
        self.ready.next = 0;
        self.left -= self.ready.end;
        let is_whole = self.left > 0 || self.rest.is_empty();
        is_whole.then_some(()).ok_or(DecodeError::Inconsistent)
    }

    fn load_first(&mut self) -> Result<usize, DecodeError> {
        let mut head = [0; 2];
        self.rest = block::decode(self.rest, &mut head)?;
        let [smallest, mut value] = head;
        self.values.decode(core::slice::from_mut(&mut value))?;
        self.smallest = Some(smallest);
        (self.ready.timestamps[0], self.ready.values[0]) = (self.timestamp as u64, value);
        Ok(1)
    }

    fn load_block(&mut self, smallest: u64) -> Result<usize, DecodeError> {
        let count = self.left.min(BLOCK);
        let (timestamps, _) = self.ready.timestamps.split_at_mut(count);
        let (values, _) = self.ready.values.split_at_mut(count);
        self.rest = block::decode(self.rest, timestamps)?;
        self.rest = block::decode(self.rest, values)?;
        self.timestamp = sum(self.timestamp, smallest, timestamps)?;
        self.values.decode(values)?;
        Ok(count)
    }
}

/// Replaces steps, each less the smallest, by their timestamps; returns the last.
fn sum(mut timestamp: i64, smallest: u64, steps: &mut [u64]) -> Result<i64, DecodeError> {
    let mut ordered = true;
    for step in steps {
        let (whole, wraps) = step.overflowing_add(smallest);
        let (next, overflows) = timestamp.overflowing_add_unsigned(whole);
        ordered &= !wraps & !overflows & (whole > 0);
        (timestamp, *step) = (next, next as u64);
    }
    ordered.then_some(timestamp).ok_or(DecodeError::Inconsistent)
}

impl Iterator for Samples<'_> {
    type Item = Result<Sample, DecodeError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.ready.next == self.ready.end {
            if self.left == 0 {
                return None;
            }
            if let Err(error) = self.load() {
                (self.left, self.ready.next) = (0, self.ready.end);
                return Some(Err(error));
            }
        }
        let next = self.ready.next;
        self.ready.next += 1;
        let timestamp = *self.ready.timestamps.get(next)? as i64;
        let value = f64::from_bits(*self.ready.values.get(next)?);
        Some(Sample::new(value, timestamp).map_err(|_| DecodeError::Inconsistent))
    }

    /// The lower bound leaves out what is not decoded yet, since it may be an error.
    fn size_hint(&self) -> (usize, Option<usize>) {
        let due = self.ready.end - self.ready.next;
        (due, Some(due + self.left))
    }
}

impl core::iter::FusedIterator for Samples<'_> {}
