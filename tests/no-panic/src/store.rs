//! The store of fixed size.

use core::ops::ControlFlow;

use metric_proto::{
    FixedStore, Key, Position, Query, Refused, Sample, Scan, Store, StoreCounters, Summary,
};

/// A store of the size on a board.
pub type Board = FixedStore<40, 32, 48>;

/// A store in which the first and the last sample are the same.
pub type Smallest = FixedStore<1, 1, 1>;

/// An unknown visitor of samples.
pub type Visit<'a> = &'a mut dyn FnMut(Key<'_>, Sample) -> ControlFlow<()>;

/// An unknown visitor of series.
pub type Look<'a> = &'a mut dyn FnMut(Key<'_>, Summary) -> ControlFlow<()>;

entries! {
    /// Any sample.
    fn store_put(store: &mut Board, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        store.put(key, sample)
    }

    /// Any sample, in a store of one.
    fn store_put_smallest(store: &mut Smallest, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        store.put(key, sample)
    }

    /// Any key.
    fn store_reserve(store: &mut Board, key: Key<'_>) -> Result<(), Refused> {
        store.reserve(key)
    }

    /// From any position.
    fn store_scan(
        store: &Board,
        query: &Query<'_>,
        from: Position,
        visit: Visit<'_>,
    ) -> Scan {
        store.scan(query, from, visit)
    }

    /// From any bytes on.
    fn store_series(store: &Board, from: &[u8], visit: Look<'_>) -> Scan {
        store.series(from, visit)
    }

    /// Any key.
    fn store_remove(store: &mut Board, key: Key<'_>) -> Result<bool, Refused> {
        store.remove(key)
    }

    /// The counters.
    fn store_counts(store: &Board) -> StoreCounters {
        store.counters()
    }

    /// Any counters.
    fn store_refused(counters: &StoreCounters) -> u64 {
        counters.refused()
    }
}
