//! A board with its samples in simulated flash: what a connection does, and what a reset leaves.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use embassy_futures::block_on;
use embedded_storage_async::nor_flash::NorFlashErrorKind;
use metric_flash::{FlashStore, Replay, Ring, Slot};
use metric_proto::{
    FixedStore, Key, Lost, Position, Query, Refused, Sample, Scan, Store, StoreCounters, Summary,
};

use crate::simulated_flash::SimulatedFlash;
use crate::store_suite::{SAMPLES, SERIES};

/// The pages of the ring.
pub const PAGES: usize = 4;

/// The longest record, of keys of 16 bytes, for all words.
pub const RECORD: usize = 64;

/// The samples in memory.
pub type Table = FixedStore<SERIES, SAMPLES, 16>;

type Handle = FlashStore<'static, &'static RefCell<Table>, RECORD>;

/// A change: a key, and a sample, or none if the series is removed.
pub type Change = (String, Option<Sample>);

/// A board with a connection. Its slot and its table are leaked.
pub struct Board {
    /// A connection's handle of the store.
    pub store: Handle,
    /// The change on its way.
    pub slot: &'static Slot<RECORD>,
    /// What was found at the start.
    pub replay: Replay,
    run: Pin<Box<dyn Future<Output = ()>>>,
}

impl Board {
    /// Starts a board.
    ///
    /// # Errors
    ///
    /// Those of the flash.
    pub fn start<const WORD: usize, const PAGE: usize>(
        flash: &SimulatedFlash<WORD, PAGE>,
    ) -> Result<Self, NorFlashErrorKind> {
        let table: &RefCell<Table> = Box::leak(Box::new(RefCell::new(Table::new())));
        let slot: &Slot<RECORD> = Box::leak(Box::new(Slot::new()));
        let opened = block_on(Ring::<_, PAGES, RECORD>::open(flash.clone(), 0, table))?;
        let (ring, replay) = opened;
        let run = Box::pin(async move {
            ring.run(slot, embassy_futures::yield_now).await;
        });
        Ok(Self { store: FlashStore::new(table, slot), slot, replay, run })
    }

    /// Lets the ring write, until it waits or has failed once.
    pub fn write(&mut self) {
        let _ = self.run.as_mut().poll(&mut context());
    }

    /// Waits until the changes so far are confirmed, while the ring writes.
    ///
    /// # Errors
    ///
    /// [`Lost`] if they are not.
    pub fn confirm(&mut self) -> Result<(), Lost> {
        self.write();
        match self.store.poll_ready(&mut context()) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => panic!("the ring neither writes nor fails"),
        }
    }

    /// Makes a change, as a server does.
    ///
    /// # Errors
    ///
    /// The refusal, and [`Lost`] if the change is not confirmed.
    pub fn change(&mut self, (key, sample): &Change) -> Result<Result<(), Refused>, Lost> {
        let key = Key::new(key).expect("a key");
        let change = |store: &mut Handle| match *sample {
            Some(sample) => store.put(key, sample),
            None => store.remove(key).map(|_| ()),
        };
        let mut changed = change(&mut self.store);
        if changed == Err(Refused::NotYet) {
            self.confirm()?;
            changed = change(&mut self.store);
        }
        self.confirm().map(|()| changed)
    }
}

/// Returns the changes in a flash, in their order, and what else was found.
///
/// # Errors
///
/// Those of the flash.
pub fn replayed<const WORD: usize, const PAGE: usize>(
    flash: &SimulatedFlash<WORD, PAGE>,
) -> Result<(Vec<Change>, Replay), NorFlashErrorKind> {
    let mut recorder = Recorder(Vec::new());
    let opened = block_on(Ring::<_, PAGES, RECORD>::open(flash.clone(), 0, &mut recorder))?;
    Ok((recorder.0, opened.1))
}

/// A store that only records its changes.
struct Recorder(Vec<Change>);

impl Store for Recorder {
    const WAITS: bool = false;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.0.push((key.to_string(), Some(sample)));
        Ok(())
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        self.0.push((key.to_string(), None));
        Ok(true)
    }

    fn scan(
        &self,
        _: &Query<'_>,
        _: Position,
        _: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        Scan::Done
    }

    fn series(&self, _: &[u8], _: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        Scan::Done
    }

    fn counters(&self) -> StoreCounters {
        StoreCounters::ZERO
    }
}

/// A board's store that is awaited in each call, as a store that does not wait.
pub struct Settled(pub RefCell<Board>);

impl Store for Settled {
    const WAITS: bool = false;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        let change = (key.to_string(), Some(sample));
        self.0.get_mut().change(&change).expect("the flash does not fail")
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        let board = self.0.get_mut();
        let removed = board.store.remove(key);
        board.confirm().expect("the flash does not fail");
        removed
    }

    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        self.0.borrow().store.scan(query, from, visit)
    }

    fn series(&self, from: &[u8], visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        self.0.borrow().store.series(from, visit)
    }

    fn counters(&self) -> StoreCounters {
        self.0.borrow().store.counters()
    }
}

/// Returns random changes, some of which a board refuses.
pub fn random_changes(count: usize, random: &mut fastrand::Rng) -> Vec<Change> {
    let change = |number: usize| {
        let length = random.usize(1..=16);
        let key = ["a", "bcd.e", "temperature", "k-123456789.abcd", &"z".repeat(length)]
            [random.usize(..5)]
        .to_owned();
        let sample = Sample::new(number as f64 + random.f64(), random.i64(-20..20)).ok();
        (key, sample.filter(|_| random.u8(..) > 12))
    };
    (0..count).map(change).collect()
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}
