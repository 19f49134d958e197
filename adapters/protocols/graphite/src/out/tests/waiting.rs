//! Queries over a store that waits, and has to be told for what.

use std::cell::Cell;
use std::ops::ControlFlow::{self, Break};
use std::task::{Context, Poll};

use metric_proto::{Lost, Position, Query, Refused, Request, Scan, StoreCounters, Summary};

use super::*;

/// A store that is not ready at each fifth series or sample that it shows.
struct Reluctant<'a> {
    store: &'a MemoryStore,
    shown: Cell<u32>,
    /// Whether it was not ready for samples, and was not told since that they are wanted.
    is_unasked: Cell<bool>,
}

impl Reluctant<'_> {
    fn is_ready(&self) -> bool {
        self.shown.set(self.shown.get() + 1);
        !self.shown.get().is_multiple_of(5)
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

    fn want(&mut self, _: Request<'_>, _: Position) -> bool {
        self.is_unasked.set(false);
        false
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        assert!(!self.is_unasked.get(), "nobody said which samples are wanted");
        Poll::Ready(Ok(()))
    }
}

/// A query over it.
struct Waiting<'a>(Reluctant<'a>);

impl<'a> Host for Waiting<'a> {
    type Store = Reluctant<'a>;

    fn store(&mut self) -> &mut Self::Store {
        &mut self.0
    }

    async fn ready(&mut self) -> Result<(), Failure> {
        std::future::poll_fn(|context| self.0.poll_ready(context))
            .await
            .map_err(|Lost| Failure::Unavailable)
    }
}

impl Turns for Waiting<'_> {
    fn turn(&mut self) -> Turn<'_> {
        Box::pin(std::future::ready(Ok(())))
    }
}

fn waiting(store: &MemoryStore, shown: u32) -> Waiting<'_> {
    Waiting(Reluctant { store, shown: Cell::new(shown), is_unasked: Cell::new(false) })
}

#[test]
fn a_store_that_waits_changes_no_reply_and_is_told_for_what() {
    let store = regular();
    for target in ["a.*", "sumSeries(a.*)", "summarize(a.x, '30s')", "seriesByTag('host=p')"] {
        let fields = fields(&[&[("target", target)], LAST].concat());
        let context = fields.times(NOW, TimeUnit::Seconds).unwrap();
        let (memory, budget) = (Memory::default(), Budget::DESKTOP);
        let expected = in_turns(&store, target, usize::MAX).unwrap();
        for shown in 0..5 {
            let asked = (&fields, Format::Json, &context);
            let (all, _) =
                block_on(render(waiting(&store, shown), (&memory, budget), asked)).unwrap();
            for (series, expected) in all.iter().zip(&expected) {
                assert_eq!((&series.name, &series.times), (&expected.name, &expected.times));
                assert_eq!(series.values, expected.values, "{target}");
            }
            assert_eq!(all.len(), expected.len());
        }
    }
}

#[test]
fn nodes_are_found_in_a_store_that_waits() {
    let store = regular();
    let expected = block_on(super::super::find::find(&mut query(&store), "a.*", 9)).unwrap();
    for shown in 0..5 {
        let host = waiting(&store, shown);
        let mut query = Running::new(host, &Memory::default(), Budget::DESKTOP);
        let found = block_on(super::super::find::find(&mut query, "a.*", 9)).unwrap();
        assert!(found.keys().eq(expected.keys()));
    }
}
