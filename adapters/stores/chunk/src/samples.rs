//! The samples of a chunk, decoded a block at a time.

use alloc::vec::Vec;

use metric_proto::Sample;

use crate::block::{self, BLOCK};
use crate::head::Head;
use crate::values::Values;
use crate::{Chunk, DecodeError};

/// Iterates over the samples of a chunk; ends with the first error.
///
/// Samples before an error are correct only if the error is [`Truncated`](DecodeError::Truncated).
#[derive(Clone, Debug)]
pub struct Samples<'a> {
    chunk: Chunk<'a>,
    /// The number of samples that are not decoded yet.
    left: usize,
    /// How to decode them, if the first one was.
    rest: Option<Rest<'a>>,
    ready: Ready,
}

/// What is behind the decoded samples.
#[derive(Clone, Debug)]
pub(crate) struct Rest<'a> {
    pub(crate) bytes: &'a [u8],
    /// The last decoded timestamp, and the smallest step.
    timestamp: i64,
    smallest: u64,
    pub(crate) values: Values,
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
    pub(crate) fn new(chunk: Chunk<'a>) -> Self {
        let ready = Ready { timestamps: [0; BLOCK], values: [0; BLOCK], next: 0, end: 0 };
        Self { chunk, left: chunk.len(), rest: None, ready }
    }

    /// Appends the samples, none of which was returned yet.
    pub(crate) fn append_to(mut self, samples: &mut Vec<Sample>) -> Result<(), DecodeError> {
        samples.reserve(self.left);
        while self.left > 0 {
            self.load()?;
            let Ready { timestamps, values, end, .. } = &self.ready;
            let ready = timestamps.iter().zip(values).take(*end);
            // That no value is infinite was checked, and here is no place for an error: this way the
            // number of samples is known, which makes it twice as fast.
            samples.extend(ready.map(|(&time, &value)| sample(time, value).unwrap_or(ZERO)));
        }
        Ok(())
    }

    /// Decodes the first sample, or the next block of samples.
    fn load(&mut self) -> Result<(), DecodeError> {
        self.ready.end = match &mut self.rest {
            None => self.load_first()?,
            Some(rest) => rest.load(self.left, &mut self.ready)?,
        };
        self.ready.next = 0;
        self.left -= self.ready.end;
        let is_all = self.rest.as_ref().is_some_and(|rest| rest.bytes.is_empty());
        (self.left > 0 || is_all).then_some(()).ok_or(DecodeError::Inconsistent)
    }

    fn load_first(&mut self) -> Result<usize, DecodeError> {
        let head = self.chunk.head()?;
        self.ready.timestamps[0] = head.first.timestamp() as u64;
        self.ready.values[0] = head.first.value().to_bits();
        self.rest = Some(Rest::of(&head));
        Ok(1)
    }
}

impl<'a> Rest<'a> {
    pub(crate) const fn of(head: &Head<'a>) -> Self {
        let (timestamp, smallest) = (head.first.timestamp(), head.smallest);
        Self { bytes: head.rest, timestamp, smallest, values: head.values }
    }

    /// Decodes a block; returns the number of its samples.
    fn load(&mut self, left: usize, ready: &mut Ready) -> Result<usize, DecodeError> {
        let count = left.min(BLOCK);
        let (timestamps, _) = ready.timestamps.split_at_mut(count);
        let (values, _) = ready.values.split_at_mut(count);
        self.unpack(timestamps, values)?;
        self.values.decode(values)?;
        Ok(count)
    }

    /// Decodes the timestamps of a block, and unpacks its values.
    pub(crate) fn unpack(
        &mut self,
        timestamps: &mut [u64],
        values: &mut [u64],
    ) -> Result<(), DecodeError> {
        self.bytes = block::decode(self.bytes, timestamps)?;
        self.bytes = block::decode(self.bytes, values)?;
        self.timestamp = sum(self.timestamp, self.smallest, timestamps)?;
        Ok(())
    }
}

const ZERO: Sample = match Sample::new(0.0, 0) {
    Ok(zero) => zero,
    Err(_) => unreachable!(),
};

fn sample(timestamp: u64, value: u64) -> Result<Sample, DecodeError> {
    let sample = Sample::new(f64::from_bits(value), timestamp as i64);
    sample.map_err(|_| DecodeError::Inconsistent)
}

/// Replaces steps, each less the smallest, by their timestamps; returns the last.
fn sum(mut timestamp: i64, smallest: u64, steps: &mut [u64]) -> Result<i64, DecodeError> {
    let mut ordered = true;
    for step in steps {
        let (whole, wraps) = step.overflowing_add(smallest);
        let next = timestamp.wrapping_add_unsigned(whole);
        // A step of nothing does not grow, nor does one beyond the last timestamp.
        ordered &= !wraps & (next > timestamp);
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
        let (timestamps, values) = (&self.ready.timestamps, &self.ready.values);
        Some(sample(*timestamps.get(next)?, *values.get(next)?))
    }

    /// The lower bound leaves out what is not decoded yet, since it may be an error.
    fn size_hint(&self) -> (usize, Option<usize>) {
        let due = self.ready.end - self.ready.next;
        (due, Some(due + self.left))
    }
}

impl core::iter::FusedIterator for Samples<'_> {}
