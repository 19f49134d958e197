//! The store of fixed size.

use core::ops::ControlFlow;

use metric_proto::{Counts, FixedStore, Key, Position, Refused, Sample, Selector, Store};

/// As a board has it.
pub type Board = FixedStore<40, 32, 48>;

/// Where first and last are the same.
pub type Smallest = FixedStore<1, 1, 1>;

/// Who looks at samples; not known here.
pub type Visit<'a> = &'a mut dyn FnMut(Key<'_>, Sample) -> ControlFlow<()>;

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
        selector: Selector<'_>,
        from: Position,
        visit: Visit<'_>,
    ) -> Option<Position> {
        store.scan(selector, from, visit)
    }

    /// What is there.
    fn store_counts(store: &Board) -> Counts {
        store.counts()
    }

    /// Any counts.
    fn store_refused(counts: &Counts) -> u64 {
        counts.refused()
    }
}
