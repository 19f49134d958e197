//! Which samples of a series a query is about.

use metric_proto::{Key, Query, Series, Summary};

/// Which samples of a series a query is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The earliest timestamp.
    pub from: i64,
    /// The latest timestamp.
    pub until: i64,
    /// The maximum number of samples of each series: the newest ones.
    pub newest: usize,
}

impl Window {
    /// All samples.
    pub const ALL: Self = Self { from: i64::MIN, until: i64::MAX, newest: usize::MAX };

    pub(crate) const fn query<'a>(&self, key: Key<'a>) -> Query<'a> {
        let Self { from, until, newest } = *self;
        Query { series: Series::Key(key), since: from, until, newest }
    }

    /// Whether a series may have a sample in it.
    pub(crate) fn may_have(&self, summary: &Summary) -> bool {
        self.from <= summary.last.timestamp() && summary.first.timestamp() <= self.until
    }

    /// Returns a lower bound of the number of samples that a series has in it.
    pub(crate) fn least(&self, summary: &Summary) -> usize {
        let (first, last) = (summary.first.timestamp(), summary.last.timestamp());
        let ends = [first, last].into_iter().filter(|at| (self.from..=self.until).contains(at));
        let known = match ends.count() {
            2 if first == last => 1,
            2 => summary.samples,
            ends => ends,
        };
        known.min(self.newest)
    }
}
