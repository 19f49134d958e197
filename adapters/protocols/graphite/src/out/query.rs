//! What a query knows and may use.

use metric_proto::Store;
use metric_query::{Bound, Budget, Exceeded, TimeUnit};

use crate::out::failure::Failure;
use crate::out::memory::{Lease, Memory};

/// Whoever runs queries: a store, and the turns of others.
pub(crate) trait Host: Send {
    /// The store.
    type Store: Store + Send;

    /// Returns the store.
    fn store(&mut self) -> &mut Self::Store;

    /// Lets others have a turn. A turn takes some 0.1 ms: it reads up to 8,192 samples.
    fn turn(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Waits until a store that waits is ready.
    fn ready(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The times and the form of a query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Context {
    /// The time before the first one, in seconds since 1970.
    pub(crate) from: i64,
    /// The last time.
    pub(crate) until: i64,
    /// The present.
    pub(crate) now: i64,
    /// The unit of the store's timestamps.
    pub(crate) unit: TimeUnit,
    /// The maximum number of points of a series.
    pub(crate) max_points: Option<usize>,
    /// The part of the values that must be there for a result of many.
    pub(crate) xff: f64,
}

/// A query that runs.
#[derive(Debug)]
pub(crate) struct Running<H> {
    pub(crate) host: H,
    pub(crate) lease: Lease,
    limits: Budget,
    left: Budget,
    work: Work,
}

/// What was computed since others had a turn.
#[derive(Debug, Default)]
pub(crate) struct Work(usize);

/// So many values are computed in a turn.
const VALUES: usize = 65_536;

impl Work {
    /// Counts values that are computed, and lets others have a turn after many.
    pub(crate) async fn count<H: Host>(
        &mut self,
        host: &mut H,
        values: usize,
    ) -> Result<(), Failure> {
        self.0 = self.0.saturating_add(values);
        if self.0 < VALUES {
            return Ok(());
        }
        self.0 = 0;
        host.turn().await
    }
}

impl<H: Host> Running<H> {
    pub(crate) fn new(host: H, memory: Memory, limits: Budget) -> Self {
        Self { host, lease: Lease::new(memory), limits, left: limits, work: Work::default() }
    }

    /// Counts values that are computed, and lets others have a turn after many.
    pub(crate) async fn compute(&mut self, values: usize) -> Result<(), Failure> {
        self.work.count(&mut self.host, values).await
    }

    /// Counts series that are read.
    pub(crate) fn take_series(&mut self, count: usize) -> Result<(), Failure> {
        let exceeded = Exceeded { bound: Bound::Series, limit: self.limits.series };
        self.left.series =
            self.left.series.checked_sub(count).ok_or(Failure::Exceeded(exceeded))?;
        Ok(())
    }

    /// Counts samples that are read.
    pub(crate) fn take_samples(&mut self, count: usize) -> Result<(), Failure> {
        let exceeded = Exceeded { bound: Bound::Samples, limit: self.limits.samples };
        self.left.samples =
            self.left.samples.checked_sub(count).ok_or(Failure::Exceeded(exceeded))?;
        Ok(())
    }

    /// Returns how many values a series may have, of so many that are read at once.
    pub(crate) fn values_of_each(&self, series: usize) -> usize {
        (self.limits.points / series.max(1)).max(2)
    }

    /// Returns how many series are left to read.
    pub(crate) fn series_left(&self) -> usize {
        self.left.series
    }
}
