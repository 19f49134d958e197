//! What a store counts.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// What a store has done since it was opened, and what the engine has.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngineCounters {
    /// Samples that were stored.
    pub stored: u64,
    /// Samples that the engine refused, or that it could not be given in time.
    pub refused: u64,
    /// Samples whose outcome is unknown.
    pub unknown: u64,
    /// Requests that were sent again, because the engine had not done them or had ended the connection.
    pub retried: u64,
    /// Samples that were moved from heads to runs.
    pub sealed: u64,
    /// Times that sealing was given up, since another server had changed the series.
    pub raced: u64,
    /// Runs and fields that are no samples.
    pub damaged: u64,
    /// Series in the engine, as it was seen last.
    pub series: u64,
}

/// Counts for all handles.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) stored: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) unknown: AtomicU64,
    pub(crate) retried: AtomicU64,
    pub(crate) sealed: AtomicU64,
    pub(crate) raced: AtomicU64,
    pub(crate) damaged: AtomicU64,
    pub(crate) series: AtomicU64,
}

impl Tally {
    pub(crate) fn read(&self) -> EngineCounters {
        EngineCounters {
            stored: self.stored.load(Relaxed),
            refused: self.refused.load(Relaxed),
            unknown: self.unknown.load(Relaxed),
            retried: self.retried.load(Relaxed),
            sealed: self.sealed.load(Relaxed),
            raced: self.raced.load(Relaxed),
            damaged: self.damaged.load(Relaxed),
            series: self.series.load(Relaxed),
        }
    }
}

/// Adds to a counter.
pub(crate) fn add(counter: &AtomicU64, count: usize) {
    counter.fetch_add(count as u64, Relaxed);
}
