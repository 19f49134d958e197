//! What the samples of a chunk are together in each of some intervals, without making values of them all.

use alloc::vec::Vec;

use metric_proto::{Aggregate, Sample};

use crate::block::BLOCK;
use crate::head::Head;
use crate::samples::Rest;
use crate::totals::Totals;
use crate::{Chunk, DecodeError, MAX_SAMPLES, Until};

/// Samples that are fewer in an interval are as quickly read one by one.
const FEW: u64 = 8;

/// Appends the parts of a chunk; returns the last timestamp, or `None` if it has none.
pub(crate) fn append(
    chunk: Chunk<'_>,
    until: Until<'_>,
    parts: &mut Vec<Aggregate>,
) -> Result<Option<i64>, DecodeError> {
    let head = chunk.head()?;
    let Some((_, power)) = head.totals.filter(|_| is_worth(&head, until)) else { return Ok(None) };
    let mut decoded = Decoded { timestamps: [0; MAX_SAMPLES], integers: [0; MAX_SAMPLES] };
    decoded.decode(&head, chunk.len())?;
    let (timestamps, _) = decoded.timestamps.split_at(chunk.len());
    let (mut timestamps, mut integers) = (timestamps, decoded.integers.as_slice());
    while let Some(&first) = timestamps.first()
        && let Some(end) = until(first as i64)
    {
        let count = timestamps.partition_point(|&timestamp| timestamp as i64 <= end).max(1);
        let (part, rest) = integers.split_at(count);
        let value = part.first().map_or(0.0, |&integer| integer as i64 as f64 / power);
        let first = Sample::new(value, first as i64).map_err(|_| DecodeError::Inconsistent)?;
        let totals = Totals::of(part.iter().map(|&integer| integer as i64));
        parts.extend(totals.map(|totals| totals.divided((count, first), power)));
        (timestamps, integers) = (timestamps.split_at(count).1, rest);
    }
    Ok(decoded.timestamps.get(chunk.len() - 1).map(|&last| last as i64))
}

/// Whether there are enough samples in each interval.
fn is_worth(head: &Head<'_>, until: Until<'_>) -> bool {
    let Some(end) = until(head.first.timestamp()) else { return false };
    // The first interval may have begun long ago.
    let Some(next) = end.checked_add(1).and_then(until) else { return true };
    next.abs_diff(end) / FEW >= head.smallest
}

struct Decoded {
    timestamps: [u64; MAX_SAMPLES],
    integers: [u64; MAX_SAMPLES],
}

impl Decoded {
    /// Decodes all samples of a chunk of decimals.
    fn decode(&mut self, head: &Head<'_>, count: usize) -> Result<(), DecodeError> {
        let ([timestamp, timestamps @ ..], [integer, integers @ ..]) =
            (&mut self.timestamps, &mut self.integers);
        let (first, _) = head.values.decimal().ok_or(DecodeError::Inconsistent)?;
        (*timestamp, *integer) = (head.first.timestamp() as u64, first as u64);
        let mut rest = Rest::of(head);
        let (timestamps, _) = timestamps.split_at_mut(count - 1);
        let (integers, _) = integers.split_at_mut(count - 1);
        for (timestamps, integers) in timestamps.chunks_mut(BLOCK).zip(integers.chunks_mut(BLOCK)) {
            rest.unpack(timestamps, integers)?;
            rest.values.decode_integers(integers)?;
        }
        rest.bytes.is_empty().then_some(()).ok_or(DecodeError::Inconsistent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode;

    fn parts(samples: &[Sample], until: Until<'_>) -> Option<(i64, Vec<Aggregate>)> {
        let (bytes, mut parts) = (encode(samples), Vec::new());
        let last = Chunk::new(&bytes).unwrap().aggregates(until, &mut parts).unwrap();
        last.map(|last| (last, parts))
    }

    fn samples(value: impl Fn(i64) -> f64) -> Vec<Sample> {
        (0..100).map(|time| Sample::new(value(time), 1_000 + time * 10).unwrap()).collect()
    }

    #[test]
    fn each_part_is_what_its_samples_are() {
        let samples = samples(|time| (time * 37 % 101 - 50) as f64 / 10.0);
        for (width, count) in [(80, 13), (100, 10), (330, 3), (1_000, 1)] {
            let until = |at: i64| (at < 1_950).then(|| (at / width * width + width - 1).min(1_949));
            let (last, parts) = parts(&samples, &until).unwrap();
            assert_eq!((last, parts.len()), (1_990, count), "{width}");
            let mut rest = &samples[..95];
            for part in parts {
                let (of_part, behind) = rest.split_at(part.samples);
                let values = || of_part.iter().map(|sample| sample.value());
                let integers = values().map(|value| (value * 10.0).round());
                assert_eq!((part.first, Some(part.last)), (of_part[0], values().next_back()));
                assert_eq!(Some(part.min), values().reduce(f64::min));
                assert_eq!(Some(part.max), values().reduce(f64::max));
                assert_eq!(part.sum, integers.sum::<f64>() / 10.0);
                assert!(
                    of_part[part.samples - 1].timestamp() <= until(part.first.timestamp()).unwrap()
                );
                assert!(behind.first().is_none_or(|next| {
                    until(part.first.timestamp()).unwrap() < next.timestamp()
                }));
                rest = behind;
            }
            assert_eq!(rest, []);
        }
    }

    #[test]
    fn doubles_and_few_samples_have_no_parts() {
        let decimals = samples(|time| time as f64);
        assert!(parts(&decimals, &|at| Some(at / 80 * 80 + 79)).is_some());
        assert_eq!(parts(&decimals, &|at| Some(at / 70 * 70 + 69)), None);
        assert_eq!(parts(&decimals, &Some), None);
        assert_eq!(parts(&decimals, &|_| None), None);
        assert_eq!(parts(&decimals[..15], &|_| Some(i64::MAX)), None);
        assert_eq!(parts(&samples(|time| time as f64 / 3.0), &|_| Some(i64::MAX)), None);
    }

    #[test]
    fn what_is_damaged_behind_the_totals_is_found() {
        let bytes = encode(&samples(|time| time as f64));
        for bytes in [&bytes[..bytes.len() - 1], &[&bytes[..], &[0]].concat()] {
            let chunk = Chunk::new(bytes).unwrap();
            assert!(chunk.aggregate().is_ok());
            assert!(chunk.aggregates(&|_| Some(i64::MAX), &mut Vec::new()).is_err());
        }
    }
}
