//! The store as one that need not be awaited: whatever it waits for is waited for here.

use std::cell::RefCell;
use std::future::poll_fn;
use std::ops::ControlFlow;
use std::sync::Arc;

use metric_proto::{Key, Position, Query, Refused, Sample, Scan, Store, StoreCounters, Summary};
use metric_redis::{Engine, Handle};

pub(crate) struct Awaited(RefCell<Handle>);

impl Awaited {
    pub(crate) fn new(engine: &Arc<Engine>) -> Self {
        Self(RefCell::new(engine.handle()))
    }

    fn until_ready<T>(
        &mut self,
        mut call: impl FnMut(&mut Handle) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        loop {
            match call(self.0.get_mut()) {
                Err(Refused::NotYet) => wait(self.0.get_mut()),
                result => return result,
            }
        }
    }
}

/// Waits for what a handle wants.
pub(crate) fn wait(handle: &mut Handle) {
    smol::block_on(poll_fn(|context| handle.poll_ready(context))).expect("nothing is lost");
}

impl Store for Awaited {
    const WAITS: bool = false;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.until_ready(|handle| handle.put(key, sample))
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        self.until_ready(|handle| handle.remove(key))
    }

    fn scan(
        &self,
        query: &Query<'_>,
        mut from: Position,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        let handle = &mut *self.0.borrow_mut();
        loop {
            match handle.scan(query, from, &mut visit) {
                Scan::NotYet(position) => from = position,
                end => return end,
            }
            wait(handle);
        }
    }

    fn series(
        &self,
        from: &[u8],
        mut visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>,
    ) -> Scan {
        let handle = &mut *self.0.borrow_mut();
        let mut last = None;
        loop {
            let at = last.clone().unwrap_or_else(|| from.to_vec());
            let end = handle.series(&at, |key, summary| {
                if last.as_deref() == Some(key.as_bytes()) {
                    return ControlFlow::Continue(());
                }
                last = Some(key.as_bytes().to_vec());
                visit(key, summary)
            });
            if !matches!(end, Scan::NotYet(_)) {
                return end;
            }
            wait(handle);
        }
    }

    /// Counts what is in the store, since the engine does not.
    fn counters(&self) -> StoreCounters {
        let mut counters = StoreCounters::ZERO;
        let end = self.series(b"", |_, summary| {
            counters.series += 1;
            counters.samples += summary.samples;
            ControlFlow::Continue(())
        });
        assert_eq!(end, Scan::Done);
        counters
    }
}
