//! The header of a chunk, and encoding samples to a chunk.

use alloc::vec::Vec;

use metric_proto::{Aggregate, Sample};

use crate::block::{self, BLOCK};
use crate::head::Head;
use crate::totals::WORTH;
use crate::values::{self, Values};
use crate::{DecodeError, Samples, parts, varint};

/// A chunk whose header is valid.
#[derive(Clone, Copy, Debug)]
pub struct Chunk<'a> {
    count: u8,
    values: Values,
    first: i64,
    rest: &'a [u8],
}

/// Returns the last timestamp of the interval around a timestamp, which is not before it; `None` if it is in
/// none.
pub type Until<'a> = &'a dyn Fn(i64) -> Option<i64>;

/// The version of the format, the only one so far.
pub const VERSION: u8 = 1;

/// The maximum number of samples in a chunk: enough to make the header negligible, and few enough
/// to decode in about a microsecond.
pub const MAX_SAMPLES: usize = 128;

impl<'a> Chunk<'a> {
    /// Parses the header of a chunk, in constant time.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the header is wrong. Decoding finds what is wrong after it.
    pub fn new(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (&version, bytes) = bytes.split_first().ok_or(DecodeError::Truncated)?;
        if version != VERSION {
            return Err(DecodeError::UnknownVersion(version));
        }
        let (head, rest) = bytes.split_first_chunk().ok_or(DecodeError::Truncated)?;
        let &[count, kind, ref first @ ..] = head as &[u8; 10];
        match Values::new(kind) {
            Some(values) if (1..=MAX_SAMPLES).contains(&usize::from(count)) => {
                Ok(Self { count, values, first: i64::from_le_bytes(*first), rest })
            }
            _ => Err(DecodeError::Inconsistent),
        }
    }

    /// Returns the timestamp of the first sample.
    #[must_use]
    pub const fn first(self) -> i64 {
        self.first
    }

    /// Returns the number of samples, 1 to [`MAX_SAMPLES`].
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "no chunk is empty")]
    pub const fn len(self) -> usize {
        self.count as usize
    }

    /// Returns an iterator over the samples, in ascending order of timestamps.
    #[must_use]
    pub fn decode(self) -> Samples<'a> {
        Samples::new(self)
    }

    /// Appends all samples, which takes less time than [`decode`](Self::decode).
    ///
    /// # Errors
    ///
    /// [`DecodeError`]. Then some samples may have been appended.
    pub fn decode_to(self, samples: &mut Vec<Sample>) -> Result<(), DecodeError> {
        self.decode().append_to(samples)
    }

    /// Returns what the chunk tells of all its samples together, in constant time; `None` if it tells
    /// nothing. That of an [encoded](encode) chunk is right. That of other bytes is one that samples
    /// may have.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if that is wrong.
    pub fn aggregate(self) -> Result<Option<Aggregate>, DecodeError> {
        Ok(self.head()?.aggregate())
    }

    /// Appends what the samples of each interval are together, where that takes less time than to
    /// [decode](Self::decode_to) them. The intervals begin with the first sample, and end where
    /// `until` returns none. Returns the timestamp of the last sample; `None` if nothing is appended.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if any sample is wrong. Then some may have been appended.
    pub fn aggregates(
        self,
        until: Until<'_>,
        parts: &mut Vec<Aggregate>,
    ) -> Result<Option<i64>, DecodeError> {
        parts::append(self, until, parts)
    }

    /// Parses what stands before the blocks.
    pub(crate) fn head(self) -> Result<Head<'a>, DecodeError> {
        Head::new((self.len(), self.first), self.values, self.rest)
    }
}

/// Encodes samples to a chunk.
///
/// # Panics
///
/// If there are no samples or more than [`MAX_SAMPLES`], or if a timestamp is not larger than the
/// one before.
#[must_use]
#[expect(clippy::indexing_slicing, reason = "the number of samples is checked first")]
pub fn encode(samples: &[Sample]) -> Vec<u8> {
    let (mut steps, mut values) = ([0; MAX_SAMPLES], [0; MAX_SAMPLES]);
    assert!((1..=MAX_SAMPLES).contains(&samples.len()), "a chunk has 1 to {MAX_SAMPLES} samples");
    let (steps, values) = (&mut steps[..samples.len() - 1], &mut values[..samples.len()]);
    let smallest = steps_of(samples, steps);
    values.iter_mut().zip(samples).for_each(|(bits, sample)| *bits = sample.value().to_bits());
    let (kind, totals) = values::encode(values);
    let mut bytes = Vec::with_capacity(HEAD + 9 * samples.len());
    bytes.extend([VERSION, samples.len() as u8, kind]);
    bytes.extend(samples[0].timestamp().to_le_bytes());
    varint::put(smallest, &mut bytes);
    varint::put(values[0], &mut bytes);
    if let Some(totals) = totals.filter(|_| samples.len() >= WORTH) {
        totals.encode(block::unzigzag(values[0]), samples.len(), &mut bytes);
    }
    for (steps, values) in steps.chunks(BLOCK).zip(values[1..].chunks(BLOCK)) {
        block::encode(steps, &mut bytes);
        block::encode(values, &mut bytes);
    }
    bytes
}

/// Writes the steps between timestamps, less the smallest step; returns the smallest.
///
/// Steps are unsigned, since the distance of two timestamps may exceed an `i64`.
fn steps_of(samples: &[Sample], steps: &mut [u64]) -> u64 {
    let (mut smallest, mut ordered) = (u64::MAX, true);
    for (step, (from, to)) in steps.iter_mut().zip(samples.iter().zip(samples.iter().skip(1))) {
        let (from, to) = (from.timestamp(), to.timestamp());
        ordered &= from < to;
        *step = to.wrapping_sub(from) as u64;
        smallest = smallest.min(*step);
    }
    assert!(ordered, "the samples of a chunk are in the order of their timestamps");
    steps.iter_mut().for_each(|step| *step -= smallest);
    if steps.is_empty() { 0 } else { smallest }
}

/// The maximum length of what stands before the blocks: the header, two integers and the totals.
const HEAD: usize = 1 + 1 + 1 + 8 + 2 * 10 + 4 * 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(samples: impl IntoIterator<Item = (f64, i64)>) -> usize {
        let sample = |(value, timestamp)| Sample::new(value, timestamp).unwrap();
        let samples: Vec<_> = samples.into_iter().map(sample).collect();
        let bytes = encode(&samples);
        let chunk = Chunk::new(&bytes).unwrap();
        assert_eq!((chunk.first(), chunk.len()), (samples[0].timestamp(), samples.len()));
        assert_eq!(chunk.decode().collect::<Result<Vec<_>, _>>(), Ok(samples));
        bytes.len()
    }

    #[test]
    fn what_was_encoded_is_decoded_to_the_bit() {
        check([(0.1, i64::MIN)]);
        check([(-0.0, i64::MIN), (f64::MAX, -1), (5e-324, 0), (1.5, i64::MAX)]);
        check([(1.0, i64::MIN), (2.0, i64::MAX)]);
        check((0..MAX_SAMPLES as i64).map(|time| (time as f64 / 7.0, time * time)));
    }

    #[test]
    fn a_gauge_every_second_takes_little_more_than_its_changes() {
        let gauge = |time: i64| ((2000 + time * 37 % 101) as f64 / 100.0, 1_700_000_000 + time);
        let bytes = check((0..MAX_SAMPLES as i64).map(gauge));
        let changes_of_7_bits = 3 * (1 + 28) + (1 + 28);
        let steps_of_none = 4;
        let (head, step_and_value, totals) = (3 + 8, 1 + 2, 1 + 1 + 1 + 2);
        assert_eq!(bytes, head + step_and_value + totals + steps_of_none + changes_of_7_bits);
    }

    #[test]
    fn each_way_to_be_no_chunk_is_told() {
        use DecodeError::{Inconsistent, Truncated, UnknownVersion};
        let good = encode(&[Sample::new(23.7, 7).unwrap(), Sample::new(23.8, 9).unwrap()]);
        let decoded = |bytes: &[u8]| Chunk::new(bytes)?.decode().collect::<Result<Vec<_>, _>>();
        let changed = |at: usize, byte| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            decoded(&bytes).err()
        };
        assert_eq!(decoded(&good).map(|samples| samples.len()), Ok(2));
        for end in 0..good.len() {
            assert_eq!(decoded(&good[..end]), Err(Truncated), "{end}");
        }
        assert_eq!(decoded(&[&good[..], &[0]].concat()), Err(Inconsistent));
        assert_eq!(
            [0, 2, 255].map(|byte| changed(0, byte)),
            [0, 2, 255].map(|v| Some(UnknownVersion(v)))
        );
        for (at, byte) in [(1, 0), (1, 129), (2, 13), (2, 63), (2, 128), (14, 65)] {
            assert_eq!(changed(at, byte), Some(Inconsistent), "{byte} at {at}");
        }
    }

    #[test]
    fn timestamps_that_do_not_grow_are_no_chunk() {
        let bytes = |first: i64, smallest: u64, step: u64| {
            let mut bytes = Vec::from([VERSION, 2, 0]);
            bytes.extend(first.to_le_bytes());
            varint::put(smallest, &mut bytes);
            varint::put(0, &mut bytes);
            block::encode(&[step], &mut bytes);
            block::encode(&[0], &mut bytes);
            bytes
        };
        let decoded = |bytes: &[u8]| Chunk::new(bytes)?.decode().collect::<Result<Vec<_>, _>>();
        assert!(decoded(&bytes(i64::MIN, 0, u64::MAX)).is_ok());
        for (first, smallest, step) in [(0, 0, 0), (1, 1 << 62, 1 << 62), (0, u64::MAX, 2)] {
            let wrong = bytes(first, smallest, step);
            assert_eq!(decoded(&wrong), Err(DecodeError::Inconsistent), "{first} {step}");
        }
    }

    #[test]
    #[should_panic(expected = "in the order of their timestamps")]
    fn samples_out_of_order_are_not_encoded() {
        let _ = encode(&[Sample::new(0.0, 1).unwrap(), Sample::new(0.0, 1).unwrap()]);
    }
}
