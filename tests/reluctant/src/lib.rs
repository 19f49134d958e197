//! A store for tests that is often not ready, and has to be told what it is asked for.

use std::cell::Cell;
use std::ops::ControlFlow::{self, Break};
use std::task::{Context, Poll};

use metric_memory::MemoryStore;
use metric_proto::{
    Key, Lost, Position, Query, Refused, Request, Sample, Scan, Store, StoreCounters, Summary,
};

/// A store that is not ready at each so many series or samples that it shows. It panics if it is awaited for
/// samples that nobody said were wanted.
#[derive(Debug)]
pub struct Reluctant<'a> {
    store: &'a MemoryStore,
    patience: u32,
    shown: Cell<u32>,
    /// Whether it was not ready for samples, and was not told since that they are wanted.
    is_unasked: Cell<bool>,
}

impl<'a> Reluctant<'a> {
    /// Creates one over a store. It is not ready at each visit whose number is a multiple of `patience`, and
    /// counts on from `shown`.
    pub fn new(store: &'a MemoryStore, patience: u32, shown: u32) -> Self {
        Self { store, patience, shown: Cell::new(shown), is_unasked: Cell::new(false) }
    }

    fn is_ready(&self) -> bool {
        self.shown.set(self.shown.get() + 1);
        !self.shown.get().is_multiple_of(self.patience)
    }
}

impl Store for Reluctant<'_> {
    const WAITS: bool = true;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.store.put(key, sample)
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        self.store.remove(key)
    }

    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        let mut is_ready = true;
        let scan = self.store.scan(query, from, |key, sample| {
            is_ready = self.is_ready();
            if is_ready { visit(key, sample) } else { Break(()) }
        });
        match scan {
            Scan::Stopped(from) if !is_ready => {
                self.is_unasked.set(true);
                Scan::NotYet(from)
            }
            scan => scan,
        }
    }

    fn series(
        &self,
        from: &[u8],
        mut visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>,
    ) -> Scan {
        let mut is_ready = true;
        let scan = self.store.series(from, |key, summary| {
            is_ready = self.is_ready();
            if is_ready { visit(key, summary) } else { Break(()) }
        });
        match scan {
            Scan::Stopped(from) if !is_ready => Scan::NotYet(from),
            scan => scan,
        }
    }

    fn counters(&self) -> StoreCounters {
        self.store.counters()
    }

    fn want(&mut self, request: Request<'_>, _: Position) -> bool {
        assert!(matches!(request, Request::Get(_)), "{request:?}");
        self.is_unasked.set(false);
        false
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        assert!(!self.is_unasked.get(), "nobody said which samples are wanted");
        Poll::Ready(Ok(()))
    }
}
