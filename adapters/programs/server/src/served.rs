//! The stores that a program serves.

use std::fmt::Debug;
use std::sync::Arc;

use metric_disk::{Directory, DiskCounters, DiskStore, Handle};
use metric_memory::MemoryStore;
use metric_proto::{Store, StoreCounters};

/// A store that a program serves. Clones are the same store.
pub trait Served: Clone + Debug + Send + Sync + 'static {
    /// A handle to it, one for each connection or request.
    type Handle: Store + Clone + Send + 'static;

    /// Returns a handle.
    fn handle(&self) -> Self::Handle;

    /// Returns how full it is.
    fn counters(&self) -> StoreCounters;

    /// Returns what it counts besides; without a disk that is nothing.
    fn disk_counters(&self) -> DiskCounters {
        DiskCounters::default()
    }

    /// Removes the series that got nothing since `before`; returns how many. A store on a disk does
    /// so itself, on its clock.
    fn forget_silent(&self, _now: u32, _before: u32) -> usize {
        0
    }

    /// Returns the bytes that its files take, if it has any.
    fn bytes(&self) -> Option<u64> {
        None
    }

    /// Returns why it cannot take samples, if it cannot.
    fn trouble(&self) -> Option<String> {
        None
    }
}

impl Served for &'static MemoryStore {
    type Handle = Self;

    fn handle(&self) -> Self {
        self
    }

    fn counters(&self) -> StoreCounters {
        Store::counters(self)
    }

    fn forget_silent(&self, now: u32, before: u32) -> usize {
        (**self).forget_silent(now, before)
    }
}

impl Served for Arc<DiskStore<Directory>> {
    type Handle = Handle<Directory>;

    fn handle(&self) -> Handle<Directory> {
        DiskStore::handle(self)
    }

    fn counters(&self) -> StoreCounters {
        DiskStore::counters(self)
    }

    fn disk_counters(&self) -> DiskCounters {
        DiskStore::disk_counters(self)
    }

    fn bytes(&self) -> Option<u64> {
        DiskStore::bytes(self).ok()
    }
}
