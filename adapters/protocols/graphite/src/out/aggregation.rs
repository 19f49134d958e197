//! How many values become one.

/// How many values become one. A value that is not a number stands for none, and so does the result if
/// there are no values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aggregation {
    Average,
    /// None counts as 0.
    AverageZero,
    Count,
    /// The first less all others.
    Diff,
    First,
    Last,
    Max,
    Median,
    Min,
    /// The product, or none if any is none.
    Multiply,
    Range,
    StdDev,
    Sum,
}

use Aggregation::{
    Average, AverageZero, Count, Diff, First, Last, Max, Median, Min, Multiply, Range, StdDev, Sum,
};

/// The names of those that combine series, the one that names results first.
const NAMES: [(&str, Aggregation); 16] = [
    ("average", Average),
    ("avg_zero", AverageZero),
    ("median", Median),
    ("sum", Sum),
    ("min", Min),
    ("max", Max),
    ("diff", Diff),
    ("stddev", StdDev),
    ("count", Count),
    ("range", Range),
    ("multiply", Multiply),
    ("last", Last),
    ("rangeOf", Range),
    ("avg", Average),
    ("total", Sum),
    ("current", Last),
];

impl Aggregation {
    /// Returns the one of a name. Its end may be `Series`.
    pub(crate) fn named(name: &str) -> Option<Self> {
        let name = name.strip_suffix("Series").unwrap_or(name);
        NAMES.into_iter().find(|(other, _)| *other == name).map(|(_, found)| found)
    }

    /// Returns the one by which a series is consolidated.
    pub(crate) fn of_consolidation(name: &str) -> Option<Self> {
        match name {
            "first" => Some(First),
            "sum" | "average" | "avg" | "avg_zero" | "max" | "min" | "last" => Self::named(name),
            _ => None,
        }
    }

    /// All names.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        NAMES.into_iter().map(|(name, _)| name)
    }

    /// Whether samples that come one by one become what they would if they were those of steps. A
    /// product and an average with zeros depend on the steps that are empty.
    pub(crate) const fn is_of_samples(self) -> bool {
        !matches!(self, AverageZero | Median | Multiply | StdDev)
    }

    /// Returns what values come to.
    pub(crate) fn of(self, values: &[f64]) -> f64 {
        let some = || values.iter().copied().filter(|value| !value.is_nan());
        match self {
            _ if self.is_of_total() => self.of_sum(values),
            // Both pass over what is not a number.
            Max => values.iter().copied().fold(f64::NAN, f64::max),
            Min => values.iter().copied().fold(f64::NAN, f64::min),
            Range => Max.of(values) - Min.of(values),
            Multiply if some().count() < values.len() => f64::NAN,
            StdDev => deviation(some()),
            Median => median(some().collect()),
            _ => {
                let mut bucket = Bucket::new(self);
                some().for_each(|value| bucket.push(value));
                bucket.finish(values.len())
            }
        }
    }

    /// Returns what values come to by their sum and their number. Most rows are summed, so none of it
    /// branches.
    fn of_sum(self, values: &[f64]) -> f64 {
        let (mut sum, mut count) = (0.0, 0);
        for value in values {
            sum += if value.is_nan() { 0.0 } else { *value };
            count += usize::from(!value.is_nan());
        }
        self.of_total((sum, count), values.len())
    }

    /// Whether it needs only the sum and the number of values.
    pub(crate) const fn is_of_total(self) -> bool {
        matches!(self, Sum | Average | AverageZero | Count)
    }

    /// Returns what values come to whose sum and number these are, of so many with those that are none.
    pub(crate) fn of_total(self, (sum, count): (f64, usize), all: usize) -> f64 {
        match self {
            _ if count == 0 => f64::NAN,
            Average => sum / count as f64,
            AverageZero => sum / all as f64,
            Count => count as f64,
            _ => sum,
        }
    }
}

fn deviation(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let average = |values: &mut dyn Iterator<Item = f64>| {
        let mut bucket = Bucket::new(Average);
        values.for_each(|value| bucket.push(value));
        bucket.finish(0)
    };
    let all = average(&mut values.clone());
    average(&mut values.map(|value| (value - all).powi(2))).sqrt()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 {
        at(middle)
    } else {
        (at(middle.saturating_sub(1)) + at(middle)) / 2.0
    }
}

/// Consolidates values that come one by one: by all but `Median` and `StdDev`, which need to know them
/// all.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bucket {
    aggregation: Aggregation,
    count: usize,
    value: f64,
    /// The smallest one, for `Range`.
    least: f64,
    /// So many values are enough for a result.
    enough: f64,
}

impl Bucket {
    /// Creates an empty one.
    pub(crate) const fn new(aggregation: Aggregation) -> Self {
        Self { aggregation, count: 0, value: f64::NAN, least: f64::NAN, enough: 0.0 }
    }

    /// Has no result if it gets fewer values.
    pub(crate) const fn needing(self, enough: f64) -> Self {
        Self { enough, ..self }
    }

    /// Whether a value that comes alone is the result of a bucket that has room for no other.
    pub(crate) fn is_itself(&self) -> bool {
        self.enough <= 1.0 && matches!(self.aggregation, Average | First | Last | Max | Min | Sum)
    }

    #[inline]
    pub(crate) fn push(&mut self, value: f64) {
        self.count += 1;
        if self.aggregation == Range {
            self.least = self.least.min(value);
        }
        self.value = match self.aggregation {
            _ if self.count == 1 => value,
            Min => self.value.min(value),
            Max | Range => self.value.max(value),
            First => self.value,
            Sum | Average | AverageZero => self.value + value,
            Diff => self.value - value,
            Multiply => self.value * value,
            _ => value,
        };
    }

    /// Returns the result, for a bucket that has room for so many values, and is as new.
    pub(crate) fn finish(&mut self, room: usize) -> f64 {
        let empty = Self::new(self.aggregation).needing(self.enough);
        let Self { aggregation, count, value, least, enough } = std::mem::replace(self, empty);
        match aggregation {
            _ if (count as f64) < enough => f64::NAN,
            Range => value - least,
            Average => value / count as f64,
            AverageZero => value / room.max(count) as f64,
            Count if count > 0 => count as f64,
            _ => value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_one_and_none_is_left_out() {
        let values = [f64::NAN, 5.0, 1.0, 3.0, f64::NAN];
        let cases = [
            (Sum, 9.0),
            (Average, 3.0),
            (AverageZero, 1.8),
            (Count, 3.0),
            (Diff, 1.0),
            (First, 5.0),
            (Last, 3.0),
            (Max, 5.0),
            (Min, 1.0),
            (Median, 3.0),
            (Range, 4.0),
            (StdDev, (8.0_f64 / 3.0).sqrt()),
        ];
        for (aggregation, expected) in cases {
            assert_eq!(aggregation.of(&values), expected, "{aggregation:?}");
            assert!(aggregation.of(&[f64::NAN]).is_nan(), "{aggregation:?}");
            assert!(aggregation.of(&[]).is_nan(), "{aggregation:?}");
        }
        assert!(Multiply.of(&values).is_nan());
        assert_eq!(Multiply.of(&[2.0, 3.0]), 6.0);
        assert_eq!(Median.of(&[2.0, 3.0]), 2.5);
    }

    #[test]
    fn a_bucket_is_what_all_its_values_are() {
        let values = [5.0, -1.0, 3.5, 2.0];
        for (aggregation, expected) in [
            (Sum, 9.5),
            (Average, 2.375),
            (AverageZero, 2.375),
            (Count, 4.0),
            (Diff, 0.5),
            (Min, -1.0),
            (Max, 5.0),
            (Range, 6.0),
            (First, 5.0),
            (Last, 2.0),
        ] {
            for (enough, expected) in [(4.0, expected), (4.5, f64::NAN)] {
                let mut bucket = Bucket::new(aggregation).needing(enough);
                assert!(bucket.finish(4).is_nan());
                values.into_iter().for_each(|value| bucket.push(value));
                assert_eq!(bucket.finish(4).to_bits(), expected.to_bits(), "{aggregation:?}");
            }
        }
    }
}
