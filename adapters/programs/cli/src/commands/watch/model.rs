//! The newest samples of the watched series.

use std::collections::{BTreeMap, VecDeque};

use metric_proto::Sample;

use crate::query::Pattern;

/// The largest number of series that are kept. Further ones are only counted.
pub(super) const MAX_SERIES: usize = 1_000;

/// The newest samples of up to [`MAX_SERIES`] series.
///
/// Keys named on the command line are listed even without a sample.
#[derive(Debug)]
pub(super) struct Model {
    pub(super) series: BTreeMap<String, Series>,
    /// The number of samples kept of each series.
    pub(super) last: usize,
    /// The newest timestamp of all series.
    pub(super) newest: i64,
    /// The number of samples read.
    pub(super) read: u64,
    /// The number of series that were not kept.
    pub(super) left_out: u64,
    /// The key of the last such series. The samples of a series arrive together.
    last_left_out: String,
}

/// The newest samples of a series, oldest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Series(VecDeque<Sample>);

/// Statistics of the newest samples of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Statistics {
    pub(super) newest: Sample,
    /// The difference to the sample before the newest; `None` if there is none or it overflows.
    pub(super) change: Option<f64>,
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) mean: f64,
}

impl Model {
    pub(super) fn new(patterns: &[Pattern], last: usize) -> Self {
        let keys = patterns.iter().filter_map(|pattern| match pattern {
            Pattern::Key(key) => Some((key.clone(), Series::default())),
            Pattern::Prefix(_) => None,
        });
        let series = keys.take(MAX_SERIES).collect();
        Self { series, last, newest: i64::MIN, read: 0, left_out: 0, last_left_out: String::new() }
    }

    pub(super) fn take(&mut self, key: &str, sample: Sample) {
        self.read += 1;
        self.newest = self.newest.max(sample.timestamp());
        if let Some(series) = self.series.get_mut(key) {
            series.put(sample, self.last);
        } else if self.series.len() < MAX_SERIES {
            self.series.entry(key.to_owned()).or_default().put(sample, self.last);
        } else if self.last_left_out != key {
            self.left_out += 1;
            key.clone_into(&mut self.last_left_out);
        }
    }

    /// Returns the timestamps of the oldest and the newest sample kept.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        let ends = self.series.values().filter_map(|series| series.0.front().zip(series.0.back()));
        let ends = ends.map(|(first, last)| (first.timestamp(), last.timestamp()));
        ends.reduce(|(low, high), (first, last)| (low.min(first), high.max(last)))
    }
}

impl Series {
    fn put(&mut self, sample: Sample, last: usize) {
        if self.0.len() >= last {
            self.0.pop_front();
        }
        self.0.push_back(sample);
    }

    pub(super) fn values(&self) -> impl Iterator<Item = f64> + Clone {
        self.0.iter().map(|sample| sample.value())
    }

    pub(super) fn statistics(&self) -> Option<Statistics> {
        let mut newest_first = self.0.iter().rev();
        let newest = *newest_first.next()?;
        let change = newest_first.next().map(|before| newest.value() - before.value());
        // The difference of two huge values overflows.
        let change = change.filter(|change| change.is_finite());
        let min = self.values().fold(f64::MAX, f64::min);
        let max = self.values().fold(f64::MIN, f64::max);
        Some(Statistics { newest, change, min, max, mean: mean(self.values()).clamp(min, max) })
    }
}

/// Returns the mean, even if the sum of the values overflows.
pub(super) fn mean(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let count = values.clone().count() as f64;
    let sum: f64 = values.clone().sum();
    if sum.is_finite() { sum / count } else { values.map(|value| value / count).sum() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(value: f64, timestamp: i64) -> Sample {
        Sample::new(value, timestamp).unwrap()
    }

    fn series(values: &[f64]) -> Series {
        let times = values.iter().zip(0..);
        Series(times.map(|(&value, time)| sample(value, time)).collect())
    }

    #[test]
    fn statistics_are_of_the_newest_samples() {
        let mut model = Model::new(&["a".parse().unwrap()], 3);
        for (value, time) in [(90.0, 1), (1.0, 2), (4.0, 3), (2.5, 5)] {
            model.take("a", sample(value, time));
        }
        let statistics = model.series["a"].statistics();
        let newest = sample(2.5, 5);
        let expected = Statistics { newest, change: Some(-1.5), min: 1.0, max: 4.0, mean: 2.5 };
        assert_eq!(statistics, Some(expected));
        assert_eq!((model.span(), model.read), (Some((2, 5)), 4));
    }

    #[test]
    fn a_series_without_samples_has_no_statistics() {
        let model = Model::new(&["a".parse().unwrap(), "b*".parse().unwrap()], 3);
        assert_eq!(model.series.keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!((model.series["a"].statistics(), model.span()), (None, None));
        assert_eq!(series(&[1.0]).statistics().unwrap().change, None);
        assert_eq!(series(&[f64::MAX, f64::MIN]).statistics().unwrap().change, None);
    }

    #[test]
    fn a_mean_lies_between_its_values_whatever_they_are() {
        assert_eq!(mean([f64::MAX, f64::MAX].into_iter()), f64::MAX);
        for values in [[f64::MAX; 3], [f64::MIN, f64::MAX, f64::MAX], [5e-324; 3]] {
            let Statistics { mean, min, max, .. } = series(&values).statistics().unwrap();
            assert!((min..=max).contains(&mean), "{values:?}: {mean}");
        }
    }

    #[test]
    fn series_that_are_not_kept_are_counted_once() {
        let mut model = Model::new(&[], 2);
        for number in 0..MAX_SERIES + 3 {
            model.take(&format!("k{number:05}"), sample(1.0, 1));
            model.take(&format!("k{number:05}"), sample(1.0, 2));
        }
        assert_eq!((model.series.len(), model.left_out), (MAX_SERIES, 3));
    }
}
