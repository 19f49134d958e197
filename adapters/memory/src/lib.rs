//! A store for a desktop: all samples in memory, shared by all connections.
//!
//! ```
//! use metric_memory::MemoryStore;
//! use metric_proto::{Key, Sample, Store};
//!
//! let store = MemoryStore::new(1_000, 1_000_000);
//! let mut handle = &store; // as many as there are connections
//! handle.put(Key::new("palm.cpu")?, Sample::new(23.7, 1150864247)?)?;
//! assert_eq!(handle.counts().samples, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

#![forbid(unsafe_code)]

mod series;
mod table;

use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError};

use metric_proto::{Counts, Key, Position, Refused, Sample, Selector, Store};

use crate::table::Table;

/// Any number of series and samples up to two bounds. Memory grows with what is stored: about 40
/// bytes a sample, and 300 a series.
///
/// A handle is a shared reference; one put or one run of a scan holds the lock at a time. The cost
/// of a put grows with the logarithm of the series and samples that are there.
///
/// # Several threads
///
/// Each operation is one critical section: it takes the one lock, works on a plain table, and lets
/// go. So all operations happen one after the other, in an order that every thread agrees on, and
/// what a put has stored is seen by every operation that begins after it has returned. There is no
/// second lock, no atomic and no unsafe code, so no other order is there to be explored.
///
/// Nothing outlives an operation but a [`Position`]: the number of a series, which is its own for
/// good, and a timestamp. Between two runs of a scan others may put. What they put behind the
/// position is seen by the next run, what they put before it is not, and what they evict is gone;
/// whatever is there all the while is seen exactly once.
#[derive(Debug)]
pub struct MemoryStore {
    table: Mutex<Table>,
}

impl MemoryStore {
    /// An empty store for up to `max_series` series of up to `max_samples` samples each.
    ///
    /// # Panics
    ///
    /// If a series could not have a sample.
    #[must_use]
    pub const fn new(max_series: usize, max_samples: usize) -> Self {
        assert!(max_samples > 0, "a series must have room for a sample");
        Self { table: Mutex::new(Table::new(max_series, max_samples)) }
    }

    /// The table, even if a thread panicked with it: no call leaves it half changed.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for &MemoryStore {
    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.table().put(key, sample)
    }

    fn scan(
        &self,
        selector: Selector<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Option<Position> {
        self.table().scan(selector, from, visit)
    }

    fn counts(&self) -> Counts {
        self.table().counts()
    }
}
