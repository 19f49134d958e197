//! What may lie under the memory of a store: a log of its changes, and samples that are elsewhere.

use std::fmt;

use metric_proto::{Refused, Sample};

use crate::MemoryStore;

/// What lies under the memory of a store. With `()` there is nothing, and nothing is compiled for it.
pub trait Backing: fmt::Debug + Sized {
    /// Samples of a series that are elsewhere.
    type Run: Run;
    /// What the backing remembers for each series.
    type Mark: Default + fmt::Debug + Send;
    /// The log, locked.
    type Log<'a>: Log<Self::Mark> + fmt::Debug
    where
        Self: 'a;

    /// See [`Store::WAITS`](metric_proto::Store::WAITS).
    const WAITS: bool;

    /// How many quarters of the memory series may take when others are added. The rest is for what
    /// these will take besides samples that are elsewhere.
    const QUARTERS: usize;

    /// Locks the log. It is locked after the shard that changes, so that the changes of a series
    /// are logged in their order.
    fn log(&self) -> Self::Log<'_>;

    /// Makes room in memory, or has it made. It is called without locks, before a put, while the
    /// store takes more memory than it should.
    ///
    /// # Errors
    ///
    /// [`Refused`] if the put must not be stored now.
    fn make_room(store: &MemoryStore<Self>) -> Result<(), Refused>;
}

/// The log of a store's changes. Its methods are called with the lock of the shard that changes.
pub trait Log<M> {
    /// Returns whether a change may be made now.
    ///
    /// # Errors
    ///
    /// Why not.
    fn admit(&mut self) -> Result<(), Refused>;

    /// Logs a sample that was stored.
    fn put(&mut self, series: Logged<'_, M>, sample: Sample);

    /// Logs that a series was removed.
    fn remove(&mut self, series: Logged<'_, M>);
}

/// A series, as the log sees it.
#[derive(Debug)]
pub struct Logged<'a, M> {
    /// Its key.
    pub key: &'a [u8],
    /// What the backing remembers for it.
    pub mark: &'a mut M,
}

/// Samples of a series that are elsewhere, in the order of their timestamps.
pub trait Run: Clone + fmt::Debug + PartialEq + Send {
    /// Returns the timestamp of the first sample.
    fn first(&self) -> i64;

    /// Returns the number of samples, at least one.
    fn samples(&self) -> usize;

    /// Returns the bytes that it takes in memory beside itself.
    fn heap_bytes(&self) -> usize;
}

/// Why the samples of a run cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// They must be fetched first.
    NotYet,
    /// They cannot be read.
    Refused,
}

/// A run of a store that has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Never {}

impl Backing for () {
    type Run = Never;
    type Mark = ();
    type Log<'a> = ();

    const WAITS: bool = false;
    const QUARTERS: usize = 3;

    fn log(&self) {}

    fn make_room(store: &MemoryStore<Self>) -> Result<(), Refused> {
        store.drop_oldest();
        Ok(())
    }
}

impl Log<()> for () {
    fn admit(&mut self) -> Result<(), Refused> {
        Ok(())
    }

    fn put(&mut self, _: Logged<'_, ()>, _: Sample) {}

    fn remove(&mut self, _: Logged<'_, ()>) {}
}

impl Run for Never {
    fn first(&self) -> i64 {
        match *self {}
    }

    fn samples(&self) -> usize {
        match *self {}
    }

    fn heap_bytes(&self) -> usize {
        match *self {}
    }
}
