//! A batch of requests. If the store has only one shard, successive puts keep its lock.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::MutexGuard;

use metric_proto::{
    Key, Portion, Position, Query, Refused, Sample, Scan, Store, StoreCounters, Summary,
};

use crate::MemoryStore;
use crate::backing::Backing;
use crate::shard::Shard;

/// A handle to a store for a batch of requests.
#[derive(Debug)]
pub struct Batch<'a, B: Backing> {
    store: &'a MemoryStore<B>,
    /// The locked shard and log, between two puts to a store with only one shard.
    held: RefCell<Option<Held<'a, B>>>,
}

type Held<'a, B> = (MutexGuard<'a, Shard<B>>, <B as Backing>::Log<'a>);

impl<'a, B: Backing> Batch<'a, B> {
    pub(crate) fn new(store: &'a MemoryStore<B>) -> Self {
        Self { store, held: RefCell::new(None) }
    }

    /// Releases the locks; returns the store.
    pub fn released(&self) -> &'a MemoryStore<B> {
        self.held.take();
        self.store
    }

    /// Stores a sample; see [`Store::put`].
    ///
    /// # Errors
    ///
    /// As [`Store::put`]. [`Refused::NotYet`] if [`MemoryStore::run_of`] must be loaded first, or
    /// if the backing says so.
    #[inline]
    pub fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        let (store, key) = (self.store, key.as_bytes());
        if store.memory.is_over() {
            B::make_room(self.released())?;
        }
        let hash = store.hash(key);
        let number = store.shard_of(hash);
        let lock = || (store.shard(number), store.backing.log());
        let (shard, log) = self.held.get_mut().get_or_insert_with(lock);
        let taken = match shard.find(hash, key) {
            Some(slot) => shard.take(slot, sample, store.bounds, &store.memory, log),
            None => self.released().add((hash, key), sample),
        };
        // The next key is most likely in another shard.
        if store.shards.len() > 1 {
            self.released();
        }
        taken
    }
}

impl Store for Batch<'_, ()> {
    const WAITS: bool = false;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.put(key, sample)
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        self.released().remove(key)
    }

    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        self.released().scan(query, from, visit)
    }

    fn aggregate(
        &self,
        query: &Query<'_>,
        from: Position,
        end_of: impl Fn(i64) -> i64,
        visit: impl FnMut(Key<'_>, Portion<'_>) -> ControlFlow<usize>,
    ) -> Scan {
        self.released().aggregate(query, from, end_of, visit)
    }

    fn series(&self, from: &[u8], visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        self.released().series(from, visit)
    }

    fn counters(&self) -> StoreCounters {
        self.released().counters()
    }
}
