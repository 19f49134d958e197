//! The store of fixed size.

use core::ops::ControlFlow;

use metric_proto::{
    FixedStore, Key, Position, Query, Refused, Sample, Scan, Store, StoreCounters, Summary,
};

/// As a board has it.
pub type Board = FixedStore<40, 32, 48>;

/// Where first and last are the same.
pub type Smallest = FixedStore<1, 1, 1>;

/// Who looks at samples; not known here.
pub type Visit<'a> = &'a mut dyn FnMut(Key<'_>, Sample) -> ControlFlow<()>;

/// Who looks at series; not known here.
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

    /// What is there.
    fn store_counts(store: &Board) -> StoreCounters {
        store.counters()
    }

    /// Any counters.
    fn store_refused(counters: &StoreCounters) -> u64 {
        counters.refused()
    }
}
