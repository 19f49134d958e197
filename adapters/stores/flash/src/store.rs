//! A store whose changes are acknowledged when they are in flash.

use core::ops::ControlFlow;
use core::task::{Context, Poll};

use metric_proto::{
    Key, Lost, Portion, Position, Query, Refused, Request, Sample, Scan, Store, StoreCounters,
    Summary,
};

use crate::record::Change;
use crate::slot::{Awaited, Slot};

/// A handle of a store in memory, whose changes are acknowledged when they are in flash. Each
/// connection has its own.
///
/// A change is in memory at once, so others may see it shortly before it is acknowledged. If it cannot
/// be written, its outcome is [`Lost`]. It stays in memory and is written again and again; until that
/// succeeds, all further changes are refused as [`Refused::Unavailable`] and counted by
/// [`Slot::refused`].
///
/// It compiles for stores that do not wait themselves. A key for which the slot has no room is
/// [`Refused::KeyTooLong`] and not counted; with [`longest_record`](crate::longest_record) of the
/// store's longest key there is none.
#[derive(Clone, Debug)]
pub struct FlashStore<'a, S, const RECORD: usize> {
    store: S,
    slot: &'a Slot<RECORD>,
    awaited: Awaited,
}

impl<'a, S: Store, const RECORD: usize> FlashStore<'a, S, RECORD> {
    /// A handle of a store in memory, which the [ring](crate::Ring) has filled.
    pub const fn new(store: S, slot: &'a Slot<RECORD>) -> Self {
        Self { store, slot, awaited: Awaited::NONE }
    }
}

#[deny(clippy::missing_trait_methods)]
impl<S: Store, const RECORD: usize> Store for FlashStore<'_, S, RECORD> {
    const WAITS: bool = {
        assert!(!S::WAITS, "the store in memory is not awaited");
        true
    };

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        let record = Change::Put(key, sample).encode().ok_or(Refused::KeyTooLong)?;
        self.slot.reserve(&mut self.awaited)?;
        self.store.put(key, sample)?;
        self.slot.fill(record, &mut self.awaited);
        Ok(())
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        let record = Change::Remove(key).encode().ok_or(Refused::KeyTooLong)?;
        self.slot.reserve(&mut self.awaited)?;
        let existed = self.store.remove(key)?;
        if existed {
            self.slot.fill(record, &mut self.awaited);
        }
        Ok(existed)
    }

    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        self.store.scan(query, from, visit)
    }

    fn aggregate(
        &self,
        query: &Query<'_>,
        from: Position,
        end_of: impl Fn(i64) -> i64,
        visit: impl FnMut(Key<'_>, Portion<'_>) -> ControlFlow<usize>,
    ) -> Scan {
        self.store.aggregate(query, from, end_of, visit)
    }

    fn series(&self, from: &[u8], visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        self.store.series(from, visit)
    }

    fn counters(&self) -> StoreCounters {
        self.store.counters()
    }

    fn want(&mut self, _: Request<'_>, _: Position) -> bool {
        false
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        self.slot.poll(&mut self.awaited, context)
    }

    fn batch(&mut self) -> impl Store {
        self
    }
}
