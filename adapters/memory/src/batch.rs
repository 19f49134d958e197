//! Puts in a row, which keep the lock of a shard as long as they can.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::MutexGuard;

use metric_proto::{Counts, Key, Position, Refused, Sample, Selector, Store};

use crate::MemoryStore;
use crate::shard::Shard;

/// A handle of a store that keeps the lock of the last shard which it put to.
pub(crate) struct Batch<'a> {
    store: &'a MemoryStore,
    held: RefCell<Option<Held<'a>>>,
}

struct Held<'a> {
    number: usize,
    shard: MutexGuard<'a, Shard>,
}

impl<'a> Batch<'a> {
    pub(crate) fn new(store: &'a MemoryStore) -> Self {
        Self { store, held: RefCell::default() }
    }

    /// The shard of this number, after letting go of any other.
    fn shard(&mut self, number: usize) -> &mut Shard {
        let held = self.held.get_mut();
        held.take_if(|held| held.number != number);
        &mut held.get_or_insert_with(|| Held { number, shard: self.store.shard(number) }).shard
    }

    /// The store, with no lock held.
    fn released(&self) -> &'a MemoryStore {
        self.held.take();
        self.store
    }
}

impl Store for Batch<'_> {
    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        let (store, key) = (self.store, key.as_bytes());
        let hash = store.hash(key);
        let shard = self.shard(store.shard_of(hash));
        match shard.find(hash, key) {
            Some(slot) => shard.take(slot, sample, store.bounds),
            None => self.released().add((hash, key), sample),
        }
    }

    fn scan(
        &self,
        selector: Selector<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Option<Position> {
        self.released().scan(selector, from, visit)
    }

    fn counts(&self) -> Counts {
        self.released().counts()
    }
}
