//! A durable store as a store that need not be awaited, and that is restarted now and then.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use metric_disk::{DiskStore, Handle, Settings};
use metric_memory::Layout;
use metric_proto::{
    Key, Portion, Position, Query, Refused, Sample, Scan, Store, StoreCounters, Summary,
};

use crate::simulated_disk::{Cached, SimulatedDisk};
use crate::store_suite::{SAMPLES, SERIES};

/// A durable store on a simulated disk. It does what is due whenever it would have to be awaited.
/// Between operations it flushes and merges, and it is killed and opened again.
#[derive(Debug)]
pub struct Patient {
    disk: SimulatedDisk,
    settings: Settings,
    open: RefCell<Open>,
    random: fastrand::Rng,
    /// What earlier stores counted.
    before: StoreCounters,
    disturbed: Disturbed,
}

/// What comes before some operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbed {
    /// Nothing.
    No,
    /// A flush, and what else is due.
    Kept,
    /// That or a restart after a kill.
    Restarted,
}

#[derive(Debug)]
struct Open {
    store: Arc<DiskStore<SimulatedDisk>>,
    handle: Handle<SimulatedDisk>,
    /// Scans that stopped and were not resumed. A restart would end them.
    scans: usize,
}

/// Settings with which few samples fill chunks, runs, logs and segments.
#[must_use]
pub fn tiny(series: usize, samples: usize) -> Settings {
    let mut settings = Settings::new(Layout::new(1, 3), series, samples);
    settings.log_bytes = 4_096;
    settings.run_samples = 5;
    settings.merge_width = 3;
    settings.clock = || 1_700_000_000;
    settings
}

/// Opens the store on a disk.
///
/// # Panics
///
/// If it does not open.
#[must_use]
pub fn open(disk: &SimulatedDisk, settings: &Settings) -> Arc<DiskStore<SimulatedDisk>> {
    let (store, findings) = DiskStore::open(disk.clone(), settings.clone()).expect("it opens");
    assert!(findings.is_empty(), "{:?}", findings.iter().collect::<Vec<_>>());
    store
}

/// Does what a handle waits for, until it waits for nothing.
///
/// # Panics
///
/// If the outcome of a put is unknown, or it waits for ever.
pub fn settle(store: &DiskStore<SimulatedDisk>, handle: &mut Handle<SimulatedDisk>) {
    for _ in 0..100 {
        match handle.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(ready) => return ready.expect("the disk does not fail"),
            Poll::Pending => {
                store.fetch(Duration::ZERO);
                store.sync().expect("the disk does not fail");
                store.keep().expect("the disk does not fail");
            }
        }
    }
    panic!("it waits for ever");
}

impl Patient {
    /// Creates an empty store of [`SERIES`] series with [`SAMPLES`] samples each.
    #[must_use]
    pub fn new(seed: u64, disturbed: Disturbed) -> Self {
        Self::with_settings(seed, disturbed, tiny(SERIES, SAMPLES))
    }

    /// Creates an empty store.
    #[must_use]
    pub fn with_settings(seed: u64, disturbed: Disturbed, settings: Settings) -> Self {
        let disk = SimulatedDisk::new(seed);
        disk.set_cached(Cached::Sometimes);
        let random = fastrand::Rng::with_seed(seed);
        let open = RefCell::new(Open::new(&disk, &settings));
        Self { disk, settings, open, random, before: StoreCounters::ZERO, disturbed }
    }

    /// Flushes, merges or restarts, or mostly nothing of that.
    fn disturb(&mut self) {
        if self.disturbed == Disturbed::No || self.random.bool() {
            return;
        }
        let open = self.open.get_mut();
        match self.random.u8(..4) {
            0 => _ = open.store.flush(false).expect("the disk does not fail"),
            1 => _ = open.store.flush(true).expect("the disk does not fail"),
            2 => open.store.keep().expect("the disk does not fail"),
            _ if open.scans > 0 || self.disturbed != Disturbed::Restarted => {}
            _ => self.restart(),
        }
    }

    fn restart(&mut self) {
        self.before = self.counters();
        (self.before.series, self.before.samples) = (0, 0);
        self.disk = self.disk.kill();
        *self.open.get_mut() = Open::new(&self.disk, &self.settings);
    }
}

impl Open {
    fn new(disk: &SimulatedDisk, settings: &Settings) -> Self {
        let store = open(disk, settings);
        Self { handle: store.handle(), store, scans: 0 }
    }

    fn settle(&mut self) {
        settle(&self.store, &mut self.handle);
    }

    fn until_ready<T>(
        &mut self,
        mut call: impl FnMut(&mut Handle<SimulatedDisk>) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        loop {
            let result = call(&mut self.handle);
            self.settle();
            if !matches!(result, Err(Refused::NotYet)) {
                return result;
            }
        }
    }
}

impl Store for Patient {
    const WAITS: bool = false;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.disturb();
        self.open.get_mut().until_ready(|handle| handle.put(key, sample))
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        self.disturb();
        self.open.get_mut().until_ready(|handle| handle.remove(key))
    }

    fn scan(
        &self,
        query: &Query<'_>,
        mut from: Position,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        let open = &mut *self.open.borrow_mut();
        open.scans = open.scans.saturating_sub(usize::from(!from.is_start()));
        loop {
            let end = open.handle.scan(query, from, &mut visit);
            match end {
                Scan::NotYet(position) => from = position,
                end => {
                    open.scans += usize::from(matches!(end, Scan::Stopped(_)));
                    return end;
                }
            }
            open.settle();
        }
    }

    fn aggregate(
        &self,
        query: &Query<'_>,
        mut from: Position,
        end_of: impl Fn(i64) -> i64,
        mut visit: impl FnMut(Key<'_>, Portion<'_>) -> ControlFlow<usize>,
    ) -> Scan {
        let open = &mut *self.open.borrow_mut();
        open.scans = open.scans.saturating_sub(usize::from(!from.is_start()));
        loop {
            let end = open.handle.aggregate(query, from, &end_of, &mut visit);
            match end {
                Scan::NotYet(position) => from = position,
                end => {
                    open.scans += usize::from(matches!(end, Scan::Stopped(_)));
                    return end;
                }
            }
            open.settle();
        }
    }

    fn series(
        &self,
        from: &[u8],
        mut visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>,
    ) -> Scan {
        let open = &mut *self.open.borrow_mut();
        let mut shown = None;
        loop {
            let end = open.handle.series(from, |key, summary| {
                if shown.as_deref().is_some_and(|shown| key.as_bytes() <= shown) {
                    return ControlFlow::Continue(());
                }
                shown = Some(key.as_bytes().to_vec());
                visit(key, summary)
            });
            if !matches!(end, Scan::NotYet(_)) {
                return end;
            }
            open.settle();
        }
    }

    fn counters(&self) -> StoreCounters {
        self.before.and(self.open.borrow().store.counters())
    }
}
