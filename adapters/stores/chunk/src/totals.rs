//! What a chunk of decimals tells of its values together, so that a reader need not decode them.
//!
//! ```text
//! totals = first - min, max - min, max - last, the sum of each value less min, as varints
//! ```
//!
//! All are of the integers of the values. So they are exact, and mostly take a byte or two.

use alloc::vec::Vec;

use metric_proto::{Aggregate, Sample};

use crate::DecodeError;
use crate::values::EXACT;
use crate::varint;

/// The integers of a chunk's values together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) min: i64,
    pub(crate) max: i64,
    pub(crate) last: i64,
    pub(crate) sum: i64,
}

/// A chunk with fewer samples has none: they would take a fair part of it, and spare little.
pub(crate) const WORTH: usize = 16;

impl Totals {
    /// Returns those of these integers.
    pub(crate) fn of(integers: impl IntoIterator<Item = i64>) -> Option<Self> {
        let mut integers = integers.into_iter();
        let first = integers.next()?;
        let mut totals = Self { min: first, max: first, last: first, sum: first };
        for integer in integers {
            totals.min = totals.min.min(integer);
            totals.max = totals.max.max(integer);
            totals.sum += integer;
            totals.last = integer;
        }
        Some(totals)
    }

    /// Returns what `samples` decimals are together that are divided by `power`.
    pub(crate) fn divided(self, (samples, first): (usize, Sample), power: f64) -> Aggregate {
        let Self { min, max, last, sum } = self;
        let [min, max, last, sum] = [min, max, last, sum].map(|integer| integer as f64 / power);
        Aggregate { samples, first, last, min, max, sum }
    }

    /// Appends them to a chunk of `count` samples whose first integer is `first`.
    pub(crate) fn encode(self, first: i64, count: usize, bytes: &mut Vec<u8>) {
        let Self { min, max, last, sum } = self;
        let above = sum - min * count as i64;
        for integer in [first - min, max - min, max - last, above] {
            varint::put(integer as u64, bytes);
        }
    }

    /// Takes what [`encode`](Self::encode) wrote. What is taken can be that of `count` integers, but
    /// perhaps not of those that follow.
    pub(crate) fn decode(first: i64, count: usize, bytes: &mut &[u8]) -> Result<Self, DecodeError> {
        let mut take = || varint::take(bytes);
        let (down, range, back, above) = (take()?, take()?, take()?, take()?);
        // Nothing overflows then: a range has 53 bits, and a chunk up to 128 samples.
        let is_small = first.unsigned_abs() < EXACT && range < 2 * EXACT;
        if !is_small || down > range || back > range {
            return Err(DecodeError::Inconsistent);
        }
        let least = range.max(down + range - back);
        let (min, max) = (first - down as i64, first + (range - down) as i64);
        let are_decimals = min.unsigned_abs() < EXACT && max.unsigned_abs() < EXACT;
        if !are_decimals || !(least..=range * count as u64).contains(&above) {
            return Err(DecodeError::Inconsistent);
        }
        Ok(Self { min, max, last: max - back as i64, sum: min * count as i64 + above as i64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGEST: i64 = EXACT as i64 - 1;

    fn encoded(integers: &[i64]) -> Vec<u8> {
        let mut bytes = Vec::new();
        Totals::of(integers.iter().copied()).unwrap().encode(
            integers[0],
            integers.len(),
            &mut bytes,
        );
        bytes
    }

    #[test]
    fn what_was_encoded_is_decoded() {
        let rising: Vec<_> = (0..128).map(|step| step * 1_000).collect();
        let falling: Vec<_> = rising.iter().map(|integer| -integer).collect();
        for integers in [
            &[0; 16][..],
            &[LARGEST; 128],
            &[-LARGEST; 128],
            &[LARGEST, -LARGEST, LARGEST, -LARGEST],
            &[5, -3, 9, 2],
            &rising,
            &falling,
        ] {
            let (totals, bytes) =
                (Totals::of(integers.iter().copied()).unwrap(), encoded(integers));
            let mut rest = &*bytes;
            let decoded = Totals::decode(integers[0], integers.len(), &mut rest);
            assert_eq!((decoded, rest), (Ok(totals), &[][..]), "{integers:?}");
        }
        assert_eq!(encoded(&[2_000; 127]), [0, 0, 0, 0]);
        assert_eq!(encoded(&[2_000, 2_100, 1_990, 2_010]).len(), 5);
    }

    #[test]
    fn what_no_integers_have_together_is_refused() {
        let decode = |first, numbers: [u64; 4]| {
            let mut bytes = Vec::new();
            numbers.into_iter().for_each(|number| varint::put(number, &mut bytes));
            Totals::decode(first, 16, &mut &*bytes)
        };
        assert!(decode(7, [3, 9, 2, 20]).is_ok());
        for (first, numbers) in [
            (7, [10, 9, 2, 20]),
            (7, [3, 9, 10, 20]),
            (7, [3, 9, 2, 9]),
            (7, [0, 9, 2, 8]),
            (7, [3, 9, 2, 9 * 16 + 1]),
            (7, [3, 2 * EXACT, 2, 2 * EXACT]),
            (7, [3, u64::MAX, 2, u64::MAX]),
            (LARGEST, [0, 1, 0, 16]),
            (-LARGEST, [1, 1, 0, 16]),
            (LARGEST + 1, [0, 0, 0, 0]),
            (i64::MIN, [0, 0, 0, 0]),
        ] {
            assert_eq!(decode(first, numbers), Err(DecodeError::Inconsistent), "{numbers:?}");
        }
    }
}
