//! What a query knows and may use.

use std::pin::Pin;

use metric_proto::Store;
use metric_query::{Bound, Budget, Exceeded, TimeUnit};
use metric_web::{Held, Memory};

use crate::out::failure::Failure;
use crate::out::functions::{PIECE, Tools, VALUE};
use crate::out::series::Series;

/// Whoever runs queries: a store, and the turns of others.
pub(crate) trait Host: Turns {
    /// The store.
    type Store: Store + Send;

    /// Returns the store.
    fn store(&mut self) -> &mut Self::Store;

    /// Waits until a store that waits is ready.
    fn ready(&mut self) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// The turns of others.
pub(crate) trait Turns: Send {
    /// Lets others have a turn, if this one has lasted long enough. To be called every 20 us or so.
    fn turn(&mut self) -> Turn<'_>;
}

/// A wait for a turn.
pub(crate) type Turn<'a> = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send + 'a>>;

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
    /// The memory of what was found and made.
    pub(crate) held: Held,
    limits: Budget,
    left: Budget,
    work: Work,
}

/// What was computed since others had a turn.
#[derive(Debug, Default)]
pub(crate) struct Work(usize);

/// After so many steps it is asked whether others have a turn. A step takes about a nanosecond.
pub(crate) const TURN: usize = 8 * 1_024;

/// To look at a series takes so many steps.
const SERIES: usize = 128;

/// Adds a piece of values that are none. It has no type parameters and is not inlined, so that it is compiled
/// for speed.
#[inline(never)]
fn add_nulls(values: &mut Vec<f64>, count: usize) {
    values.resize(count.min(values.len() + PIECE), f64::NAN);
}

impl Work {
    /// Counts steps, and may let others have a turn after many.
    pub(crate) async fn count(
        &mut self,
        turns: &mut dyn Turns,
        steps: usize,
    ) -> Result<(), Failure> {
        self.0 = self.0.saturating_add(steps);
        if self.0 < TURN {
            return Ok(());
        }
        self.0 %= TURN;
        turns.turn().await
    }
}

impl<H: Host> Running<H> {
    pub(crate) fn new(host: H, memory: &Memory, limits: Budget) -> Self {
        Self { host, held: memory.hold(), limits, left: limits, work: Work::default() }
    }

    /// Counts steps, and lets others have a turn after many.
    pub(crate) async fn compute(&mut self, steps: usize) -> Result<(), Failure> {
        self.work.count(&mut self.host, steps).await
    }

    /// Returns what functions use.
    pub(crate) fn tools<'a>(&'a mut self, context: &'a Context) -> Tools<'a> {
        Tools::new(context, &mut self.held, (&mut self.host, &mut self.work))
    }

    /// Makes so many values that are none.
    pub(crate) async fn nulls(&mut self, count: usize) -> Result<Vec<f64>, Failure> {
        self.held.take(count.saturating_mul(size_of::<f64>()))?;
        let mut values = Vec::with_capacity(count);
        while values.len() < count {
            self.compute(VALUE * PIECE).await?;
            add_nulls(&mut values, count);
        }
        Ok(values)
    }

    /// Holds what a call has made beyond what was held before it, and gives back the rest.
    pub(crate) async fn keep(&mut self, before: usize, made: &[Series]) -> Result<(), Failure> {
        let mut bytes = before;
        for series in made {
            bytes = bytes.saturating_add(series.size());
            self.compute(SERIES).await?;
        }
        self.held.shrink(bytes);
        Ok(self.held.grow(bytes)?)
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
