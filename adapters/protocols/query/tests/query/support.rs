//! A store that counts what it shows and is not always ready, and readers of replies.

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::task::{Context, Poll, Waker};

use metric_proto::{
    Key, Lost, Position, Query, Refused, Sample, Scan, Store, StoreCounters, Summary,
};
use metric_query::{Next, Produce};

/// A store that counts what it shows. It may have to be awaited at random, in the middle of scans,
/// too.
pub(crate) struct Watched<S> {
    inner: S,
    /// `None` if it is always ready.
    random: Option<RefCell<fastrand::Rng>>,
    /// The series and the samples that were shown.
    pub(crate) shown: Cell<usize>,
}

impl<S: Store> Watched<S> {
    pub(crate) fn new(inner: S) -> Self {
        Self { inner, random: None, shown: Cell::new(0) }
    }

    pub(crate) fn reluctant(inner: S, seed: u64) -> Self {
        let random = Some(RefCell::new(fastrand::Rng::with_seed(seed)));
        Self { random, ..Self::new(inner) }
    }

    /// After how many visits the store is not ready.
    fn patience(&self) -> usize {
        let Some(random) = &self.random else { return usize::MAX };
        let mut random = random.borrow_mut();
        if random.u8(..3) == 0 { random.usize(..4) } else { usize::MAX }
    }

    /// Watches a scan. `run` calls the closure before each visit, and does not visit if it is false.
    fn watch(&self, run: impl FnOnce(&mut dyn FnMut() -> bool) -> Scan) -> Scan {
        let (mut left, mut is_ready) = (self.patience(), true);
        let scan = run(&mut || {
            is_ready = left > 0;
            left = left.saturating_sub(1);
            self.shown.set(self.shown.get() + usize::from(is_ready));
            is_ready
        });
        match scan {
            Scan::Stopped(at) if !is_ready => Scan::NotYet(at),
            other => other,
        }
    }
}

impl<S: Store> Store for Watched<S> {
    const WAITS: bool = true;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.inner.put(key, sample)
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        self.inner.remove(key)
    }

    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        self.watch(|is_ready| {
            self.inner.scan(query, from, |key, sample| {
                if is_ready() { visit(key, sample) } else { ControlFlow::Break(()) }
            })
        })
    }

    fn series(
        &self,
        from: &[u8],
        mut visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>,
    ) -> Scan {
        self.watch(|is_ready| {
            self.inner.series(from, |key, summary| {
                if is_ready() { visit(key, summary) } else { ControlFlow::Break(()) }
            })
        })
    }

    fn counters(&self) -> StoreCounters {
        self.inner.counters()
    }

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        Poll::Ready(Ok(()))
    }
}

/// Reads a reply to its end, into outputs of random sizes.
pub(crate) fn read(
    producer: &mut impl Produce,
    store: &mut impl Store,
    random: &mut fastrand::Rng,
) -> (String, Next) {
    read_between(producer, store, random, |_, _| {})
}

/// The same, and calls `between` before each piece.
pub(crate) fn read_between<S: Store>(
    producer: &mut impl Produce,
    store: &mut S,
    random: &mut fastrand::Rng,
    mut between: impl FnMut(&mut S, &mut fastrand::Rng),
) -> (String, Next) {
    let mut reply = Vec::new();
    let most = [1, 7, 40, 600, 5_000][random.usize(..5)];
    for _ in 0..1_000_000 {
        between(store, random);
        let mut output = vec![b'#'; random.usize(1..=most)];
        let filled = producer.fill(store, &mut output);
        assert!(output[filled.bytes..].iter().all(|byte| *byte == b'#'));
        reply.extend_from_slice(&output[..filled.bytes]);
        match filled.next {
            Next::More => {}
            Next::Wait => {
                let ready = store.poll_ready(&mut Context::from_waker(Waker::noop()));
                assert_eq!(ready, Poll::Ready(Ok(())));
            }
            end => return (String::from_utf8(reply).unwrap(), end),
        }
    }
    panic!("the reply has no end");
}
