//! Turns counters into rates.

use metric_proto::Sample;

/// Turns the samples of counters, series by series, into rates per second.
#[derive(Debug)]
pub(super) struct Rates {
    /// The number of timestamps in a second.
    per_second: f64,
    key: String,
    last: Option<Sample>,
}

impl Rates {
    pub(super) const fn new(per_second: f64) -> Self {
        Self { per_second, key: String::new(), last: None }
    }

    /// Returns the rate since the sample before, or `None` for the first sample of a series.
    ///
    /// A counter that falls was reset: it has counted from zero since then. No rate is below zero.
    pub(super) fn next(&mut self, key: &str, sample: Sample) -> Option<Sample> {
        if key != self.key {
            key.clone_into(&mut self.key);
            self.last = None;
        }
        let last = self.last.replace(sample)?;
        let was_reset = sample.value() < last.value();
        let from = if was_reset { sample.value().min(0.0) } else { last.value() };
        let time = sample.timestamp().abs_diff(last.timestamp()) as f64;
        let rate = (sample.value() - from) / time * self.per_second;
        // Only counters beyond half of the largest double overflow.
        Sample::new(rate.clamp(f64::MIN, f64::MAX), sample.timestamp()).ok()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rates(per_second: f64, samples: &[(&str, i64, f64)]) -> Vec<(i64, f64)> {
        let mut rates = Rates::new(per_second);
        let samples = samples
            .iter()
            .filter_map(|&(key, time, value)| rates.next(key, Sample::new(value, time).unwrap()));
        samples.map(|sample| (sample.timestamp(), sample.value())).collect()
    }

    #[test]
    fn a_rate_is_the_increase_per_second() {
        let samples =
            [("a", 0, 100.0), ("a", 10, 150.0), ("a", 20, 150.0), ("b", 0, 7.0), ("b", 5, 8.0)];
        assert_eq!(rates(1.0, &samples), [(10, 5.0), (20, 0.0), (5, 0.2)]);
        assert_eq!(rates(1_000.0, &samples), [(10, 5_000.0), (20, 0.0), (5, 200.0)]);
    }

    #[test]
    fn a_counter_that_falls_has_counted_from_zero() {
        let samples = [("a", 0, 1_000.0), ("a", 10, 20.0), ("a", 20, 30.0)];
        assert_eq!(rates(1.0, &samples), [(10, 2.0), (20, 1.0)]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_counter_has_a_rate_after_each_sample_but_the_first(
            counts in prop::collection::btree_map(any::<i64>(), any::<f64>(), 1..20),
        ) {
            let counts = counts.into_iter().filter(|(_, count)| count.is_finite());
            let samples: Vec<_> = counts.map(|(time, count)| ("a", time, count)).collect();
            let rates = rates(1e9, &samples);
            prop_assert_eq!(rates.len(), samples.len().saturating_sub(1));
            prop_assert!(rates.iter().all(|&(_, rate)| rate >= 0.0), "{rates:?}");
        }
    }
}
