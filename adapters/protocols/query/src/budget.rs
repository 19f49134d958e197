//! How much one query may read and write.

use core::fmt;

/// How much one query may read and write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// The series that are selected.
    pub series: usize,
    /// The samples that are read. An aggregate counts as one.
    pub samples: usize,
    /// The buckets that are written.
    pub points: usize,
}

impl Budget {
    /// The default of a desktop: about a second of reading.
    pub const DESKTOP: Self = Self { series: 10_000, samples: 50_000_000, points: 2_000_000 };

    /// No bound.
    pub const NONE: Self = Self { series: usize::MAX, samples: usize::MAX, points: usize::MAX };

    /// Takes one of what a bound limits, if some is left.
    pub(crate) fn take(&mut self, bound: Bound) -> bool {
        let left = match bound {
            Bound::Series => &mut self.series,
            Bound::Samples => &mut self.samples,
            Bound::Points => &mut self.points,
        };
        let is_left = *left > 0;
        *left = left.saturating_sub(1);
        is_left
    }

    pub(crate) const fn exceeded(&self, bound: Bound) -> Exceeded {
        let limit = match bound {
            Bound::Series => self.series,
            Bound::Samples => self.samples,
            Bound::Points => self.points,
        };
        Exceeded { bound, limit }
    }
}

/// A bound of a [`Budget`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Bound {
    /// [`Budget::series`].
    Series,
    /// [`Budget::samples`].
    Samples,
    /// [`Budget::points`].
    Points,
}

/// A query is over its budget. Its text needs no escapes in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exceeded {
    /// Over which bound.
    pub bound: Bound,
    /// The bound.
    pub limit: usize,
}

impl Exceeded {
    /// Returns its text before and behind the limit.
    pub(crate) const fn text(&self) -> (&'static str, &'static str) {
        match self.bound {
            Bound::Series => ("the query selects more than ", " series"),
            Bound::Samples => ("the query reads more than ", " samples"),
            Bound::Points => ("the query has more than ", " buckets"),
        }
    }

    /// Returns how to narrow the query.
    #[must_use]
    pub const fn advice(&self) -> &'static str {
        match self.bound {
            Bound::Series => "select fewer series",
            Bound::Samples => "select fewer series, a shorter time, or newest=",
            Bound::Points => "select fewer series or fewer points",
        }
    }
}

impl fmt::Display for Exceeded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (before, after) = self.text();
        write!(f, "{before}{}{after}", self.limit)
    }
}

impl core::error::Error for Exceeded {}
