//! What a bucket tells of its samples.

use metric_proto::{Aggregate, Sample};

/// What a bucket tells of its samples, of which it has at least one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    pub(crate) start: i64,
    /// The last timestamp.
    pub(crate) end: i64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) first: f64,
    pub(crate) last: f64,
    pub(crate) count: u64,
    sum: Sum,
}

impl Bucket {
    pub(crate) fn new((start, end): (i64, i64), sample: Sample) -> Self {
        let value = sample.value();
        let (min, max, first, last) = (value, value, value, value);
        Self { start, end, min, max, first, last, count: 1, sum: Sum::new(value) }
    }

    /// Creates a bucket of several samples.
    pub(crate) fn of((start, end): (i64, i64), aggregate: &Aggregate) -> Self {
        let Aggregate { samples, first, last, min, max, sum } = *aggregate;
        let (first, count, sum) = (first.value(), samples as u64, Sum::new(sum));
        Self { start, end, min, max, first, last, count, sum }
    }

    /// Adds samples.
    #[inline]
    pub(crate) fn add(&mut self, samples: &[Sample]) {
        // What changes is kept in registers.
        let mut bucket = *self;
        for sample in samples {
            let value = sample.value();
            bucket.add_all(1, (value, value, value), value);
        }
        *self = bucket;
    }

    /// Adds several samples.
    pub(crate) fn add_aggregate(&mut self, aggregate: &Aggregate) {
        let Aggregate { samples, last, min, max, sum, .. } = *aggregate;
        self.add_all(samples as u64, (min, max, last), sum);
    }

    /// Of equal values, the first one is the smallest and the largest.
    #[inline(always)]
    fn add_all(&mut self, count: u64, (min, max, last): (f64, f64, f64), sum: f64) {
        self.min = if min < self.min { min } else { self.min };
        self.max = if max > self.max { max } else { self.max };
        self.last = last;
        self.count += count;
        self.sum.add(sum);
    }

    /// Returns the values in the order of a reply.
    pub(crate) fn values(&self) -> [f64; 5] {
        [self.min, self.max, self.mean(), self.first, self.last]
    }

    /// Returns the mean, which is finite and between the smallest and the largest value.
    pub(crate) fn mean(&self) -> f64 {
        let mean = self.sum.over(self.count as f64);
        // Written so that the smallest is the result if there is no number.
        if self.min < mean { mean.min(self.max) } else { self.min }
    }
}

/// A sum with the rounding errors of its additions, which are exact (Knuth's TwoSum).
#[derive(Clone, Copy, Debug)]
struct Sum {
    /// The sum of the values times the scale.
    rounded: f64,
    errors: f64,
    scale: f64,
}

/// With it no number of values is too large for a sum.
const SMALL: f64 = 1.0 / (1_u128 << 64) as f64;

impl Sum {
    const fn new(value: f64) -> Self {
        Self { rounded: value, errors: 0.0, scale: 1.0 }
    }

    #[inline]
    fn add(&mut self, value: f64) {
        let value = value * self.scale;
        let sum = self.rounded + value;
        if !sum.is_finite() {
            return self.shrink(value);
        }
        let added = sum - self.rounded;
        self.errors += (self.rounded - (sum - added)) + (value - added);
        self.rounded = sum;
    }

    /// Adds a value with which the sum is too large without a scale.
    #[cold]
    fn shrink(&mut self, value: f64) {
        self.scale = SMALL;
        self.errors *= SMALL;
        self.rounded = self.rounded * SMALL + value * SMALL;
    }

    fn over(&self, count: f64) -> f64 {
        (self.rounded + self.errors) / count / self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bucket(values: impl IntoIterator<Item = f64>) -> Bucket {
        let mut samples = values.into_iter().map(|value| Sample::new(value, 0).unwrap());
        let mut bucket = Bucket::new((0, 0), samples.next().unwrap());
        samples.for_each(|sample| bucket.add(&[sample]));
        bucket
    }

    #[test]
    fn the_mean_is_exact_where_a_plain_sum_is_not() {
        let small = core::iter::repeat_n(1.0, 1_000);
        assert_eq!(
            bucket([1e16].into_iter().chain(small).chain([-1e16])).mean(),
            1_000.0 / 1_002.0
        );
        assert_eq!(bucket([1e300, 1.0, -1e300]).mean(), 1.0 / 3.0);
        assert_eq!(bucket(core::iter::repeat_n(0.1, 1_000_000)).mean(), 0.1);
    }

    #[test]
    fn the_mean_of_extreme_values_is_finite() {
        assert_eq!(bucket([f64::MAX; 1_000]).mean(), f64::MAX);
        assert_eq!(bucket([f64::MAX, f64::MAX, -f64::MAX, -f64::MAX]).mean(), 0.0);
        assert_eq!(bucket([f64::MAX, f64::MAX, 0.0, 0.0]).mean(), f64::MAX / 2.0);
        assert_eq!(bucket([5e-324; 3]).mean(), 5e-324);
        assert_eq!(bucket([-0.0; 3]).mean().to_bits(), (-0.0_f64).to_bits());
    }
}
