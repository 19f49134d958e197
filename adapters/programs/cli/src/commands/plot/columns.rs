//! Reduces a series to the samples that a picture can show.

use std::collections::BTreeMap;

use metric_proto::Sample;

/// The samples of a series, reduced to a few per column of equal time.
///
/// A column keeps its first, last, smallest and largest sample. Drawn as a line, these cover the
/// same pixels as all samples.
///
/// A column is one unit of timestamps wide at first. When there are too many columns, each two
/// neighbours are merged. So memory is bounded and the series is read once, although its range of
/// time is not known in advance. A sample costs one look-up in a tree.
#[derive(Clone, Debug)]
pub(in crate::commands) struct Columns {
    most: usize,
    /// The width of a column is 2 to the power of this, in units of timestamps.
    shift: u32,
    columns: BTreeMap<i64, Column>,
}

#[derive(Clone, Copy, Debug)]
struct Column {
    first: Sample,
    last: Sample,
    min: Sample,
    max: Sample,
}

impl Columns {
    /// Creates an empty series of at most `most` columns. Evenly spread samples fill at least half
    /// of them.
    pub(in crate::commands) fn new(most: usize) -> Self {
        Self { most: most.max(2), shift: 0, columns: BTreeMap::new() }
    }

    pub(in crate::commands) fn put(&mut self, sample: Sample) {
        self.join(sample.timestamp() >> self.shift, Column::new(sample));
        while self.columns.len() > self.most {
            self.shift += 1;
            for (number, column) in std::mem::take(&mut self.columns) {
                self.join(number >> 1, column);
            }
        }
    }

    fn join(&mut self, number: i64, column: Column) {
        let joined = |all: &mut Column| *all = all.joined(column);
        self.columns.entry(number).and_modify(joined).or_insert(column);
    }

    /// Returns the samples to draw, oldest first, in runs. Between two runs samples are missing.
    pub(in crate::commands) fn runs(&self) -> Vec<Vec<Sample>> {
        let longest = self.longest_step();
        let mut runs = Vec::<Vec<Sample>>::new();
        for column in self.columns.values() {
            match runs.last_mut() {
                Some(run) if run.last().is_some_and(|last| column.since(last) <= longest) => {
                    run.extend(column.samples());
                }
                _ => runs.push(column.samples()),
            }
        }
        runs
    }

    /// Returns the longest distance that is not a gap: ten times the median distance, and at least
    /// two columns, so that a gap is visible.
    fn longest_step(&self) -> u64 {
        let columns = self.columns.values().zip(self.columns.values().skip(1));
        let mut steps: Vec<_> = columns.map(|(one, next)| next.since(&one.last)).collect();
        steps.sort_unstable();
        let usual = steps.get(steps.len() / 2).copied().unwrap_or_default();
        usual.saturating_mul(10).max(2_u64 << self.shift.min(62))
    }
}

impl Column {
    const fn new(sample: Sample) -> Self {
        Self { first: sample, last: sample, min: sample, max: sample }
    }

    fn joined(self, other: Self) -> Self {
        let earlier = |one: Sample, other: Sample| one.timestamp() <= other.timestamp();
        let smaller = |one: Sample, other: Sample| one.value() <= other.value();
        let pick = |one, is_it: bool, other| if is_it { one } else { other };
        Self {
            first: pick(self.first, earlier(self.first, other.first), other.first),
            last: pick(other.last, earlier(self.last, other.last), self.last),
            min: pick(self.min, smaller(self.min, other.min), other.min),
            max: pick(other.max, smaller(self.max, other.max), self.max),
        }
    }

    fn since(&self, earlier: &Sample) -> u64 {
        self.first.timestamp().abs_diff(earlier.timestamp())
    }

    /// Returns the one to four samples, oldest first.
    fn samples(&self) -> Vec<Sample> {
        let mut samples = vec![self.first, self.min, self.max, self.last];
        samples.sort_by_key(|sample| sample.timestamp());
        samples.dedup();
        samples
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample(timestamp: i64, value: f64) -> Sample {
        Sample::new(value, timestamp).unwrap()
    }

    fn columns(samples: impl IntoIterator<Item = (i64, f64)>) -> Columns {
        let mut columns = Columns::new(100);
        samples.into_iter().for_each(|(time, value)| columns.put(sample(time, value)));
        columns
    }

    #[test]
    fn few_samples_are_all_kept() {
        let few = [(-5, 1.0), (7, 3.0), (9, 2.0)];
        let all: Vec<_> = few.iter().map(|&(time, value)| sample(time, value)).collect();
        assert_eq!(columns(few).runs(), [all]);
        assert!(columns([]).runs().is_empty());
    }

    #[test]
    fn many_samples_keep_their_ends_and_their_peak() {
        let many = (0..1_000_000).map(|time| (time, if time == 765_432 { 9.0 } else { 1.0 }));
        let runs = columns(many).runs();
        assert_eq!(runs.len(), 1);
        let all = runs.concat();
        assert!((50..=400).contains(&all.len()), "{}", all.len());
        assert!(all.contains(&sample(765_432, 9.0)));
        assert_eq!((all[0].timestamp(), all.last().unwrap().timestamp()), (0, 999_999));
    }

    #[test]
    fn missing_samples_leave_a_gap() {
        let two_parts = (0..50).chain(500..550).map(|time| (time * 10, 1.0));
        let lengths = |columns: Columns| columns.runs().iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths(columns(two_parts)), [50, 50]);
        assert_eq!(lengths(columns([(0, 1.0), (1_000_000, 2.0)])), [2]);
        assert_eq!(lengths(columns([0, 10, 20, 30, 130, 231].map(|time| (time, 1.0)))), [5, 1]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn the_extremes_of_any_samples_are_kept(
            samples in prop::collection::vec((any::<i64>(), -1e300..1e300), 1..300),
        ) {
            let all = columns(samples.clone()).runs().concat();
            let value = |fold: fn(f64, f64) -> f64, of: &[f64]| of.iter().copied().reduce(fold);
            let put: Vec<_> = samples.iter().map(|sample| sample.1).collect();
            let left: Vec<_> = all.iter().map(|sample| sample.value()).collect();
            prop_assert_eq!(value(f64::min, &put), value(f64::min, &left));
            prop_assert_eq!(value(f64::max, &put), value(f64::max, &left));
            prop_assert!(all.is_sorted_by_key(|sample| sample.timestamp()));
            let times = samples.iter().map(|sample| sample.0);
            prop_assert_eq!(times.clone().min(), all.first().map(|sample| sample.timestamp()));
            prop_assert_eq!(times.max(), all.last().map(|sample| sample.timestamp()));
        }
    }
}
