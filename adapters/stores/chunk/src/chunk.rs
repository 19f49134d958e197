//! A run of samples that is put away: compressed, and exact to the bit.
//!
//! ```text
//! bytes = count (2 bytes), kind of values (1 byte)
//!         list of 2: the smallest step of time, the first value
//!         list of the steps from each timestamp to the next, less the smallest
//!         list of the other values
//! ```
//!
//! Lists are those of [`bits`](crate::bits), kinds those of [`values`](crate::values).

use metric_proto::Sample;

use crate::bits::{pack, unpack};
use crate::values::{grow, shrink};

/// Up to [`CAPACITY`] samples in the order of their timestamps.
#[derive(Debug)]
pub(crate) struct Sealed {
    first: i64,
    bytes: Box<[u8]>,
}

/// How many samples are sealed together: so many that what a run takes for itself is little, and so
/// few that one is opened in about a microsecond.
pub(crate) const CAPACITY: usize = 128;

impl Sealed {
    /// Seals samples, of which there is one at least.
    pub(crate) fn new(samples: &[Sample]) -> Self {
        let steps: Vec<_> = samples.windows(2).map(|pair| step(pair[0], pair[1])).collect();
        let smallest = steps.iter().copied().min().unwrap_or(0);
        let over: Vec<_> = steps.iter().map(|step| step - smallest).collect();
        let values: Vec<_> = samples.iter().map(|sample| sample.value()).collect();
        let (kind, values) = shrink(&values);
        let mut bytes = Vec::with_capacity(HEAD + 9 * samples.len());
        bytes.extend((samples.len() as u16).to_le_bytes());
        bytes.push(kind);
        pack(&[smallest, values[0]], &mut bytes);
        pack(&over, &mut bytes);
        pack(&values[1..], &mut bytes);
        Self { first: samples[0].timestamp(), bytes: bytes.into() }
    }

    /// The timestamp of the first sample.
    pub(crate) fn first(&self) -> i64 {
        self.first
    }

    /// How many samples there are.
    pub(crate) fn len(&self) -> usize {
        usize::from(u16::from_le_bytes([self.bytes[0], self.bytes[1]]))
    }

    /// The samples again.
    pub(crate) fn open(&self) -> Vec<Sample> {
        let mut head = [0; 2];
        let (mut over, mut values) = ([0; CAPACITY], [0; CAPACITY]);
        let (over, values) = (&mut over[..self.len()], &mut values[..self.len()]);
        let rest = unpack(&self.bytes[3..], &mut head);
        let rest = unpack(rest, &mut over[1..]);
        unpack(rest, &mut values[1..]);
        let [smallest, first_value] = head;
        values[0] = first_value;
        grow(self.bytes[2], values);
        let mut timestamp = self.first.wrapping_sub_unsigned(smallest);
        let sample = |(over, bits): (&u64, &u64)| {
            timestamp = timestamp.wrapping_add_unsigned(smallest.wrapping_add(*over));
            Sample::new(f64::from_bits(*bits), timestamp).ok()
        };
        over.iter().zip(&*values).filter_map(sample).collect()
    }
}

/// From the first to the last timestamp there is may be more than an `i64` counts.
fn step(from: Sample, to: Sample) -> u64 {
    to.timestamp().wrapping_sub(from.timestamp()) as u64
}

/// What the head of a run takes at most.
const HEAD: usize = 3 + 1 + 16;

#[cfg(test)]
mod tests {
    use super::*;

    fn check(samples: impl IntoIterator<Item = (f64, i64)>) -> usize {
        let sample = |(value, timestamp)| Sample::new(value, timestamp).unwrap();
        let samples: Vec<_> = samples.into_iter().map(sample).collect();
        let sealed = Sealed::new(&samples);
        assert_eq!((sealed.first(), sealed.len()), (samples[0].timestamp(), samples.len()));
        assert_eq!(sealed.open(), samples);
        sealed.bytes.len()
    }

    #[test]
    fn what_was_sealed_is_opened_to_the_bit() {
        check([(0.1, i64::MIN)]);
        check([(-0.0, i64::MIN), (f64::MAX, -1), (5e-324, 0), (1.5, i64::MAX)]);
        check([(1.0, i64::MIN), (2.0, i64::MAX)]);
        check((0..CAPACITY as i64).map(|time| (time as f64 / 7.0, time * time)));
    }

    #[test]
    fn a_gauge_every_second_takes_little_more_than_its_changes() {
        let gauge = |time: i64| ((2000 + time * 37 % 101) as f64 / 100.0, 1_700_000_000 + time);
        let bytes = check((0..CAPACITY as i64).map(gauge));
        let changes_of_7_bits = 3 * (1 + 28) + (1 + 28);
        let steps_of_none = 4;
        assert_eq!(bytes, 3 + (1 + 3) + steps_of_none + changes_of_7_bits);
    }
}
