//! What a scan shows.

use crate::key::Key;
use crate::request::Selector;

/// Selects the samples that a scan shows: by series, by timestamp, all or only the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query<'a> {
    /// Which series.
    pub series: Series<'a>,
    /// The earliest timestamp.
    pub since: i64,
    /// The latest timestamp.
    pub until: i64,
    /// The maximum number of samples of each series: the newest ones between the timestamps.
    pub newest: usize,
}

/// Which series a query selects.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Series<'a> {
    /// Every series.
    All,
    /// The series of this key, which need not exist.
    Key(Key<'a>),
    /// The series whose keys begin with these bytes.
    Prefix(&'a [u8]),
}

impl<'a> Query<'a> {
    /// Creates a query for all samples of the given series.
    #[must_use]
    pub const fn all(series: Series<'a>) -> Self {
        Self { series, since: i64::MIN, until: i64::MAX, newest: usize::MAX }
    }
}

impl<'a> From<Selector<'a>> for Query<'a> {
    fn from(selector: Selector<'a>) -> Self {
        Self::all(match selector {
            Selector::All => Series::All,
            Selector::Key(key) => Series::Key(key),
        })
    }
}

impl<'a> Series<'a> {
    /// Returns a lower bound of the selected keys, in byte order.
    #[must_use]
    pub const fn first(&self) -> &'a [u8] {
        match self {
            Self::All => &[],
            Self::Key(key) => key.as_bytes(),
            Self::Prefix(prefix) => prefix,
        }
    }

    /// Whether it selects one series at most.
    #[must_use]
    pub const fn is_key(&self) -> bool {
        matches!(self, Self::Key(_))
    }

    /// Whether a key is selected. The selected keys are contiguous in byte order.
    #[must_use]
    pub fn has(&self, key: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::Key(only) => only.as_bytes() == key,
            Self::Prefix(prefix) => key.starts_with(prefix),
        }
    }
}
