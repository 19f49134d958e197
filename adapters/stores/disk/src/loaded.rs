//! When samples arrived that were loaded from a segment for a late put.
//!
//! A chunk in memory does not say when its samples arrived. Most did since the last flush. Those
//! that were loaded did before, and must not count as new when they are written again.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use metric_proto::Sample;

/// What was loaded of each series since it was last flushed.
#[derive(Debug, Default)]
pub(crate) struct Loaded {
    series: Mutex<BTreeMap<Box<[u8]>, Vec<Span>>>,
}

/// Samples that were loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    /// Their first and their last timestamp.
    first: i64,
    last: i64,
    /// When the oldest of them arrived, in seconds since 1970.
    arrival: u32,
}

impl Loaded {
    /// Notes samples that are in memory now.
    pub(crate) fn add(&self, key: &[u8], samples: &[Sample], arrival: u32) {
        let (Some(first), Some(last)) = (samples.first(), samples.last()) else { return };
        let span = Span { first: first.timestamp(), last: last.timestamp(), arrival };
        self.lock().entry(key.into()).or_default().push(span);
    }

    /// Takes what was noted of a series, which is flushed or removed.
    pub(crate) fn take(&self, key: &[u8]) -> Vec<Span> {
        self.lock().remove(key).unwrap_or_default()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Box<[u8]>, Vec<Span>>> {
        self.series.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns when the oldest of the loaded samples from one timestamp up to another arrived; `None` if
/// there are none.
pub(crate) fn oldest(spans: &[Span], first: i64, end: Option<i64>) -> Option<u32> {
    let is_in = |span: &&Span| first <= span.last && end.is_none_or(|end| span.first < end);
    spans.iter().filter(is_in).map(|span| span.arrival).min()
}
