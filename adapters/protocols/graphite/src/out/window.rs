//! The times that are read for a path.

use metric_proto::{Key, Query, Sample, Series, Summary};

use crate::out::query::Context;

/// Returns the timestamps that lie after a second, up to the end of another one.
pub(crate) fn timestamps(per_second: i64, from: i64, until: i64) -> (i64, i64) {
    let first = |second: i64| second.saturating_add(1).saturating_mul(per_second);
    (first(from), first(until).saturating_sub(1))
}

/// The times that are read.
pub(crate) struct Window {
    pub(crate) from: i64,
    pub(crate) until: i64,
    /// The time of the oldest sample of all series.
    pub(crate) oldest: i64,
    pub(crate) per_second: i64,
    pub(crate) max_points: Option<usize>,
    /// The most values of a series for functions.
    pub(crate) most: usize,
}

impl Window {
    /// A window reaches no further than there are samples, or to the present.
    pub(crate) fn of(context: &Context, found: &[(String, Summary)], most: usize) -> Self {
        let per_second = context.unit.per_second();
        let second = |sample: Sample| sample.timestamp().div_euclid(per_second);
        let oldest = found.iter().map(|(_, summary)| second(summary.first)).min();
        let newest = found.iter().map(|(_, summary)| second(summary.last)).max();
        let newest = newest.unwrap_or(context.now).max(context.now);
        Self {
            from: context.from,
            until: context.until.min(newest),
            oldest: oldest.unwrap_or(context.from),
            per_second,
            max_points: context.max_points,
            most,
        }
    }

    /// Returns the time before the first one, for slots of a width.
    pub(crate) fn from(&self, step: i64) -> i64 {
        let oldest = self.oldest.div_euclid(step).saturating_mul(step);
        self.from.max(oldest.saturating_sub(1))
    }

    pub(crate) fn query<'a>(&self, key: &'a str, newest: usize) -> Option<Query<'a>> {
        let (since, until) = timestamps(self.per_second, self.from, self.until);
        let series = Series::Key(Key::new(key).ok()?);
        Some(Query { series, since, until, newest })
    }

    pub(crate) fn second(&self, sample: Sample) -> i64 {
        match self.per_second {
            1 => sample.timestamp(),
            per_second => sample.timestamp().div_euclid(per_second),
        }
    }
}
