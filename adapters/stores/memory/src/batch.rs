//! Puts in a row, which keep the lock of a store that has just one.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::MutexGuard;

use metric_proto::{Key, Position, Query, Refused, Sample, Scan, Store, StoreCounters, Summary};

use crate::MemoryStore;
use crate::shard::Shard;

/// A handle of a store for a batch of requests.
pub(crate) struct Batch<'a> {
    store: &'a MemoryStore,
    /// The shard of the put before, if it is the only one.
    held: RefCell<Option<MutexGuard<'a, Shard>>>,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(store: &'a MemoryStore) -> Self {
        Self { store, held: RefCell::default() }
    }

    /// The store, with no lock held.
    fn released(&self) -> &'a MemoryStore {
        self.held.take();
        self.store
    }
}

impl Store for Batch<'_> {
    const WAITS: bool = false;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        let (store, key) = (self.store, key.as_bytes());
        if store.memory.is_over() {
            self.released().make_room();
        }
        let hash = store.hash(key);
        let shard = self.held.get_mut().get_or_insert_with(|| store.shard(store.shard_of(hash)));
        let taken = match shard.find(hash, key) {
            Some(slot) => shard.take(slot, sample, store.bounds, &store.memory),
            None => self.released().add((hash, key), sample),
        };
        // The next key is most likely in another shard, which another thread may want.
        if store.shards.len() > 1 {
            self.released();
        }
        taken
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

    fn series(&self, from: &[u8], visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        self.released().series(from, visit)
    }

    fn counters(&self) -> StoreCounters {
        self.released().counters()
    }
}
