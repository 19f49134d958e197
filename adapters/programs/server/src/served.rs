//! The stores that a program serves.

use metric_disk::{Directory, DiskCounters, Handle};
use metric_memory::MemoryStore;
use metric_proto::Store;

/// A handle to a store that a program serves.
pub(crate) trait Served: Store + Clone + Send + 'static {
    /// Returns what it counts beside [`Store::counters`]; without a disk that is nothing.
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
}

impl Served for &'static MemoryStore {
    fn forget_silent(&self, now: u32, before: u32) -> usize {
        (**self).forget_silent(now, before)
    }
}

impl Served for Handle<Directory> {
    fn disk_counters(&self) -> DiskCounters {
        self.store().disk_counters()
    }

    fn bytes(&self) -> Option<u64> {
        self.store().bytes().ok()
    }
}
