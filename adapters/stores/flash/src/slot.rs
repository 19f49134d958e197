//! The change that is on its way into flash.
//!
//! Connections put one change after the other into the slot, and the ring takes them out. A write that
//! was begun goes on when its connection ends, since an interrupted one would leave half a record.

use core::cell::RefCell;
use core::future::poll_fn;
use core::task::{Context, Poll};

use embassy_sync::waitqueue::{MultiWakerRegistration, WakerRegistration};
use heapless::Vec;
use metric_proto::{Lost, Refused};

/// The change that is on its way into flash: between the [stores](crate::FlashStore) of all
/// connections and the [ring](crate::Ring). It has room for a record of `RECORD` bytes.
#[derive(Debug)]
pub struct Slot<const RECORD: usize>(RefCell<State<RECORD>>);

#[derive(Debug)]
struct State<const RECORD: usize> {
    /// The record, without its number. It is empty if no change is on its way.
    record: Vec<u8, RECORD>,
    /// The number of changes so far, which wraps.
    changes: u32,
    /// The number of writes that failed, which wraps.
    failures: u32,
    /// Whether the write of the change has failed, and will be tried again.
    is_failing: bool,
    /// The number of changes that were refused meanwhile.
    refused: u32,
    ring: WakerRegistration,
    stores: MultiWakerRegistration<WAITING>,
}

/// What a store has to wait for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Awaited {
    /// The number of the change that was on its way.
    change: u32,
    /// The failures before the first own change that is not confirmed.
    failures: Option<u32>,
}

impl Awaited {
    pub(crate) const NONE: Self = Self { change: 0, failures: None };
}

impl<const RECORD: usize> Slot<RECORD> {
    /// Creates an empty slot.
    #[must_use]
    pub const fn new() -> Self {
        Self(RefCell::new(State {
            record: Vec::new(),
            changes: 0,
            failures: 0,
            is_failing: false,
            refused: 0,
            ring: WakerRegistration::new(),
            stores: MultiWakerRegistration::new(),
        }))
    }

    /// Returns the number of writes that failed since the start. It wraps.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.0.borrow().failures
    }

    /// Returns the number of changes that were refused since the start, because the flash failed. It
    /// wraps.
    #[must_use]
    pub fn refused(&self) -> u32 {
        self.0.borrow().refused
    }

    /// Returns whether the slot is free, for a change of a store.
    pub(crate) fn reserve(&self, awaited: &mut Awaited) -> Result<(), Refused> {
        let state = &mut *self.0.borrow_mut();
        if state.is_failing {
            state.refused = state.refused.wrapping_add(1);
            return Err(Refused::Unavailable);
        }
        if !state.record.is_empty() {
            awaited.change = state.changes;
            return Err(Refused::NotYet);
        }
        Ok(())
    }

    /// Puts a change into the free slot.
    pub(crate) fn fill(&self, record: Vec<u8, RECORD>, awaited: &mut Awaited) {
        let state = &mut *self.0.borrow_mut();
        state.record = record;
        state.changes = state.changes.wrapping_add(1);
        awaited.change = state.changes;
        awaited.failures.get_or_insert(state.failures);
        state.ring.wake();
    }

    /// Waits until the awaited change is in flash. After a failure, whose change it was is not told
    /// apart: that would take memory for each connection, and a change that was written may be
    /// reported as lost.
    pub(crate) fn poll(
        &self,
        awaited: &mut Awaited,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Lost>> {
        let state = &mut *self.0.borrow_mut();
        if awaited.failures.is_some_and(|failures| failures != state.failures) {
            awaited.failures = None;
            return Poll::Ready(Err(Lost));
        }
        let is_there = !state.record.is_empty() && state.changes == awaited.change;
        if is_there && !state.is_failing {
            state.stores.register(context.waker());
            return Poll::Pending;
        }
        awaited.failures = None;
        Poll::Ready(Ok(()))
    }

    /// Waits for a change; returns its record. It stays in the slot.
    pub(crate) async fn next(&self) -> Vec<u8, RECORD> {
        poll_fn(|context| {
            let state = &mut *self.0.borrow_mut();
            if state.record.is_empty() {
                state.ring.register(context.waker());
                return Poll::Pending;
            }
            Poll::Ready(state.record.clone())
        })
        .await
    }

    /// Tells that the change is in flash.
    pub(crate) fn finish(&self) {
        let state = &mut *self.0.borrow_mut();
        state.record.clear();
        state.is_failing = false;
        state.stores.wake();
    }

    /// Tells that the write of the change has failed, and will be tried again.
    pub(crate) fn fail(&self) {
        let state = &mut *self.0.borrow_mut();
        state.failures = state.failures.wrapping_add(1);
        state.is_failing = true;
        state.stores.wake();
    }
}

impl<const RECORD: usize> Default for Slot<RECORD> {
    fn default() -> Self {
        Self::new()
    }
}

/// The number of connections that can wait at once without waking each other.
const WAITING: usize = 8;
