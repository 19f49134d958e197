//! What a scan is to show.

use crate::key::Key;
use crate::request::Selector;

/// The samples that a scan shows: of some series, between two timestamps, all or the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query<'a> {
    /// Which series.
    pub series: Series<'a>,
    /// The earliest timestamp.
    pub since: i64,
    /// The latest timestamp.
    pub until: i64,
    /// How many samples of each series at most: the newest of those between the timestamps.
    pub newest: usize,
}

/// Which series a query is about.
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
    /// All samples of some series.
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
    /// Where the first of these keys stands, if there is one, in byte order.
    #[must_use]
    pub const fn first(&self) -> &'a [u8] {
        match self {
            Self::All => &[],
            Self::Key(key) => key.as_bytes(),
            Self::Prefix(prefix) => prefix,
        }
    }

    /// Whether there is one series at most.
    #[must_use]
    pub const fn is_key(&self) -> bool {
        matches!(self, Self::Key(_))
    }

    /// Whether a key belongs to them. In byte order these keys stand together.
    #[must_use]
    pub fn has(&self, key: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::Key(only) => only.as_bytes() == key,
            Self::Prefix(prefix) => key.starts_with(prefix),
        }
    }
}
