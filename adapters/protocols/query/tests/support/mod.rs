//! A store that is not ready at random, and readers of replies.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::task::{Context, Poll, Waker};

use metric_proto::{
    Key, Lost, Position, Query, Refused, Sample, Scan, Store, StoreCounters, Summary,
};
use metric_query::{Next, Produce};

/// A store that has to be awaited at random, in the middle of scans, too.
pub(crate) struct Reluctant<S> {
    inner: S,
    random: RefCell<fastrand::Rng>,
}

impl<S: Store> Reluctant<S> {
    pub(crate) fn new(inner: S, seed: u64) -> Self {
        Self { inner, random: RefCell::new(fastrand::Rng::with_seed(seed)) }
    }

    /// After how many visits the store is not ready.
    fn patience(&self) -> usize {
        let mut random = self.random.borrow_mut();
        if random.u8(..3) == 0 { random.usize(..4) } else { usize::MAX }
    }
}

impl<S: Store> Store for Reluctant<S> {
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
        let (mut left, mut is_ready) = (self.patience(), true);
        let scan = self.inner.scan(query, from, |key, sample| {
            is_ready = left > 0;
            if !is_ready {
                return ControlFlow::Break(());
            }
            left -= 1;
            visit(key, sample)
        });
        match scan {
            Scan::Stopped(at) if !is_ready => Scan::NotYet(at),
            other => other,
        }
    }

    fn series(
        &self,
        from: &[u8],
        mut visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>,
    ) -> Scan {
        let (mut left, mut is_ready) = (self.patience(), true);
        let scan = self.inner.series(from, |key, summary| {
            is_ready = left > 0;
            if !is_ready {
                return ControlFlow::Break(());
            }
            left -= 1;
            visit(key, summary)
        });
        match scan {
            Scan::Stopped(at) if !is_ready => Scan::NotYet(at),
            other => other,
        }
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
    let mut reply = Vec::new();
    let most = [1, 7, 40, 600, 5_000][random.usize(..5)];
    for _ in 0..1_000_000 {
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
