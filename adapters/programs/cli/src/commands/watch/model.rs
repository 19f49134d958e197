//! The newest samples of the watched series.

use std::collections::VecDeque;

use metric_proto::Sample;

use crate::query::Pattern;

/// The largest number of series that are kept. Further ones are only counted.
pub(super) const MAX_SERIES: usize = 100_000;

/// The largest number of samples that are kept. If all series have more, fewer of each are kept.
const MAX_SAMPLES: usize = 1_000_000;

/// The newest samples of up to [`MAX_SERIES`] series, of one reading.
#[derive(Debug)]
pub(super) struct Model {
    /// The series by their keys, once the reading is finished. Keys named on the command line are
    /// among them even without a sample.
    pub(super) series: Vec<Series>,
    /// The number of samples of each series that statistics are of.
    pub(super) last: usize,
    /// The newest timestamp of all series.
    pub(super) newest: Option<i64>,
    /// The number of samples read.
    pub(super) read: u64,
    /// The number of series that were not kept.
    pub(super) left_out: u64,
    /// The key of the last such series. The samples of a series arrive together.
    last_left_out: String,
    /// The largest number of samples kept of each series.
    each: usize,
    /// The number of samples kept of the series that were read.
    kept: usize,
}

/// A series with its newest samples, oldest first.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) key: String,
    pub(super) samples: VecDeque<Sample>,
    /// `None` if there are no samples.
    pub(super) statistics: Option<Statistics>,
    /// Whether the newest value is another than in the reading before.
    pub(super) changed: bool,
}

/// Statistics of the newest samples of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Statistics {
    pub(super) newest: Sample,
    /// The difference to the sample before the newest; `None` if there is none or it overflows.
    pub(super) change: Option<f64>,
    pub(super) min: f64,
    pub(super) max: f64,
    pub(super) mean: f64,
    /// The number of samples that these are of.
    pub(super) count: usize,
}

impl Model {
    pub(super) fn new(last: usize) -> Self {
        Self {
            series: Vec::new(),
            last,
            newest: None,
            read: 0,
            left_out: 0,
            last_left_out: String::new(),
            each: last,
            kept: 0,
        }
    }

    /// Takes the next sample of the reading.
    pub(super) fn take(&mut self, key: &str, sample: Sample) {
        self.read += 1;
        self.newest = self.newest.max(Some(sample.timestamp()));
        let count = self.series.len();
        match self.series.last_mut() {
            Some(series) if series.key == key => series.put(sample, self.last),
            _ if count < MAX_SERIES => self.begin(key, sample),
            _ if self.last_left_out == key => {}
            _ => {
                self.left_out += 1;
                key.clone_into(&mut self.last_left_out);
            }
        }
    }

    fn begin(&mut self, key: &str, sample: Sample) {
        self.end();
        let mut series = Series::new(key);
        series.put(sample, self.last);
        self.series.push(series);
    }

    /// Ends the series that is being read.
    fn end(&mut self) {
        let Some(series) = self.series.last_mut() else { return };
        series.end(self.each);
        self.kept += series.samples.len();
        while self.kept > MAX_SAMPLES {
            self.each = (self.each / 2).max(1);
            self.series.iter_mut().for_each(|series| series.shorten(self.each));
            self.kept = self.series.iter().map(|series| series.samples.len()).sum();
        }
    }

    /// Ends the reading. `before` is the one before.
    pub(super) fn finish(mut self, patterns: &[Pattern], before: Option<&Self>) -> Self {
        self.end();
        self.series.sort_by(|one, other| one.key.cmp(&other.key));
        for pattern in patterns {
            if let Pattern::Key(key) = pattern
                && let Err(place) = self.find(key)
            {
                self.series.insert(place, Series::new(key));
            }
        }
        for series in &mut self.series {
            series.changed =
                before.is_some_and(|before| before.value(&series.key) != series.value());
        }
        self
    }

    /// Returns the place of a key, or the one that it would have.
    fn find(&self, key: &str) -> Result<usize, usize> {
        self.series.binary_search_by(|series| series.key.as_str().cmp(key))
    }

    fn value(&self, key: &str) -> Option<f64> {
        self.find(key).ok().and_then(|place| self.series.get(place)?.value())
    }
}

impl Series {
    fn new(key: &str) -> Self {
        let key = key.to_owned();
        Self { key, samples: VecDeque::new(), statistics: None, changed: false }
    }

    fn put(&mut self, sample: Sample, last: usize) {
        if self.samples.len() >= last {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    fn end(&mut self, each: usize) {
        self.statistics = self.of_samples();
        self.shorten(each);
    }

    fn shorten(&mut self, count: usize) {
        self.samples.drain(..self.samples.len().saturating_sub(count));
        self.samples.shrink_to_fit();
    }

    pub(super) fn values(&self) -> impl Iterator<Item = f64> + Clone {
        self.samples.iter().map(|sample| sample.value())
    }

    fn value(&self) -> Option<f64> {
        Some(self.statistics?.newest.value())
    }

    fn of_samples(&self) -> Option<Statistics> {
        let mut newest_first = self.samples.iter().rev();
        let newest = *newest_first.next()?;
        let change = newest_first.next().map(|before| newest.value() - before.value());
        // The difference of two huge values overflows.
        let change = change.filter(|change| change.is_finite());
        let min = self.values().fold(f64::MAX, f64::min);
        let max = self.values().fold(f64::MIN, f64::max);
        let mean = mean(self.values()).clamp(min, max);
        Some(Statistics { newest, change, min, max, mean, count: self.samples.len() })
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

    fn of(values: &[f64]) -> Series {
        let mut series = Series::new("k");
        for (&value, time) in values.iter().zip(0..) {
            series.put(sample(value, time), 60);
        }
        series.end(60);
        series
    }

    fn model(samples: &[(&str, f64, i64)], patterns: &[&str], before: Option<&Model>) -> Model {
        let patterns: Vec<_> = patterns.iter().map(|text| text.parse().unwrap()).collect();
        let mut model = Model::new(3);
        for &(key, value, time) in samples {
            model.take(key, sample(value, time));
        }
        model.finish(&patterns, before)
    }

    #[test]
    fn statistics_are_of_the_newest_samples() {
        let model =
            model(&[("a", 90.0, 1), ("a", 1.0, 2), ("a", 4.0, 3), ("a", 2.5, 5)], &[], None);
        let newest = sample(2.5, 5);
        let (change, mean, count) = (Some(-1.5), 2.5, 3);
        let expected = Statistics { newest, change, min: 1.0, max: 4.0, mean, count };
        assert_eq!(model.series[0].statistics, Some(expected));
        assert_eq!((model.newest, model.read), (Some(5), 4));
    }

    #[test]
    fn series_are_sorted_and_named_keys_are_there_without_samples() {
        let samples = [("c", 1.0, 1), ("a", 1.0, 1), ("a", 2.0, 2)];
        let model = model(&samples, &["d", "a", "b*", "b"], None);
        let keys: Vec<_> = model.series.iter().map(|series| series.key.as_str()).collect();
        assert_eq!(keys, ["a", "b", "c", "d"]);
        assert_eq!(model.series[1].statistics, None);
        assert_eq!(model.series[0].samples.len(), 2);
    }

    #[test]
    fn a_change_is_one_of_the_newest_value_since_the_reading_before() {
        let before = model(&[("a", 1.0, 1), ("b", 1.0, 1), ("c", 1.0, 1)], &["e"], None);
        assert!(before.series.iter().all(|series| !series.changed));
        let samples = [("a", 1.0, 1), ("a", 2.0, 2), ("b", 1.0, 2), ("d", 1.0, 1)];
        let after = model(&samples, &["e", "c"], Some(&before));
        let changed = after.series.iter().map(|series| (&*series.key, series.changed));
        let expected = [("a", true), ("b", false), ("c", true), ("d", true), ("e", false)];
        assert_eq!(changed.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_change_that_overflows_is_none() {
        assert_eq!(of(&[1.0]).statistics.unwrap().change, None);
        assert_eq!(of(&[f64::MAX, f64::MIN]).statistics.unwrap().change, None);
    }

    #[test]
    fn a_mean_lies_between_its_values_whatever_they_are() {
        assert_eq!(mean([f64::MAX, f64::MAX].into_iter()), f64::MAX);
        for values in [[f64::MAX; 3], [f64::MIN, f64::MAX, f64::MAX], [5e-324; 3]] {
            let Statistics { mean, min, max, .. } = of(&values).statistics.unwrap();
            assert!((min..=max).contains(&mean), "{values:?}: {mean}");
        }
    }

    #[test]
    fn series_that_are_not_kept_are_counted_once() {
        let mut model = Model::new(2);
        for number in 0..MAX_SERIES + 3 {
            model.take(&format!("k{number:06}"), sample(1.0, 1));
            model.take(&format!("k{number:06}"), sample(1.0, 2));
        }
        let model = model.finish(&[], None);
        assert_eq!((model.series.len(), model.left_out), (MAX_SERIES, 3));
    }

    #[test]
    fn the_number_of_samples_is_bounded_but_statistics_are_of_all() {
        let mut model = Model::new(1_000);
        for number in 0..2_500 {
            let key = number.to_string();
            (0..1_000).for_each(|time| model.take(&key, sample(time as f64, time)));
        }
        let model = model.finish(&[], None);
        let kept: usize = model.series.iter().map(|series| series.samples.len()).sum();
        assert!((MAX_SAMPLES / 4..=MAX_SAMPLES).contains(&kept), "{kept}");
        for series in &model.series {
            assert_eq!(series.samples.back(), Some(&sample(999.0, 999)));
            assert_eq!(series.statistics.unwrap().count, 1_000);
        }
    }
}
