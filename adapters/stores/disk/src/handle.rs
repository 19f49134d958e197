//! A connection's handle to the store: what it has put and must commit, what it wants to read.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::task::{Context, Poll};

use metric_chunk::Until;
use metric_memory::{Batch, MemoryStore, Piece, Unread};
use metric_proto::{
    Key, Lost, Portion, Position, Query, Refused, Request, Sample, Scan, Store, StoreCounters,
    Summary,
};

use crate::commit::Commit;
use crate::disk::Disk;
use crate::fetch::Fetch;
use crate::run::{Run, Stored};
use crate::table::load;
use crate::{DiskStore, Files};

/// A handle to a [`DiskStore`], one for each connection.
#[derive(Debug)]
pub struct Handle<F: Files> {
    store: Arc<DiskStore<F>>,
    state: State,
}

/// What a handle has begun.
#[derive(Debug, Default)]
struct State {
    commit: Commit,
    /// Whether the last put must wait for room.
    blocked: bool,
    reading: RefCell<Option<Box<Reading>>>,
}

/// Runs that were not in the system's memory.
#[derive(Debug, Default)]
struct Reading {
    /// The one that is waited for.
    wanted: Option<Stored>,
    asked: Option<Arc<Fetch>>,
    /// The last few that were read.
    read: Vec<(Stored, Result<Vec<Sample>, Unread>)>,
}

/// A scan needs up to three runs at once, to find its first sample among the newest.
const READ: usize = 4;

impl Reading {
    /// Returns what was read of a run. That it could not be read is said once: it may be later.
    fn of(&mut self, stored: &Stored) -> Option<Result<Vec<Sample>, Unread>> {
        let place = self.read.iter().position(|(read, _)| read == stored)?;
        match &self.read[place].1 {
            Ok(samples) => Some(Ok(samples.clone())),
            Err(_) => Some(self.read.remove(place).1),
        }
    }
}

impl<F: Files> Handle<F> {
    pub(crate) fn new(store: Arc<DiskStore<F>>) -> Self {
        Self { store, state: State::default() }
    }

    /// Returns the store.
    #[must_use]
    pub fn store(&self) -> &Arc<DiskStore<F>> {
        &self.store
    }
}

impl<F: Files> Clone for Handle<F> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.store))
    }
}

impl State {
    /// Returns the samples of a run if they need not be waited for.
    fn read(&self, disk: &Disk<impl Files>, run: &Run) -> Result<Vec<Sample>, Unread> {
        match run {
            Run::Flushing(flushing) => Ok(flushing.samples()),
            Run::Stored(stored) => self.stored(stored, Ok, || disk.segments.read_cached(stored)),
        }
    }

    /// Returns what may be shown together of a run without a timestamp after `end`, if it need not be
    /// waited for.
    fn pieces(
        &self,
        disk: &Disk<impl Files>,
        (run, end): (&Run, i64),
        until: Until<'_>,
    ) -> Result<Vec<Piece>, Unread> {
        match run {
            Run::Flushing(flushing) => Ok(vec![flushing.piece(end, until)]),
            Run::Stored(stored) => self.stored(
                stored,
                |samples| Ok(vec![Piece::Samples(samples)]),
                || disk.segments.read_cached_pieces(stored, until),
            ),
        }
    }

    /// Returns what was read of a run, or else what the system has of it in memory.
    fn stored<T>(
        &self,
        stored: &Stored,
        was_read: impl FnOnce(Vec<Sample>) -> Result<T, Unread>,
        is_cached: impl FnOnce() -> Result<T, Unread>,
    ) -> Result<T, Unread> {
        if let Some(result) = self.reading.borrow_mut().as_mut().and_then(|read| read.of(stored)) {
            return result.and_then(was_read);
        }
        let result = is_cached();
        if matches!(result, Err(Unread::NotYet)) {
            self.reading.borrow_mut().get_or_insert_default().wanted = Some(*stored);
        }
        result
    }

    /// Scans a table. The memory of a scan that has ended is given back.
    fn scan<F: Files>(
        &self,
        table: &MemoryStore<Disk<F>>,
        query: &Query<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        let read = |run: &Run| self.read(table.backing(), run);
        self.ended(table.scan_over(query, from, read, visit))
    }

    /// Scans a table, and shows together what may be.
    fn aggregate<F: Files>(
        &self,
        table: &MemoryStore<Disk<F>>,
        from: (&Query<'_>, Position),
        end_of: impl Fn(i64) -> i64,
        visit: impl FnMut(Key<'_>, Portion<'_>) -> ControlFlow<usize>,
    ) -> Scan {
        let disk = table.backing();
        let read = |run: &Run| self.read(disk, run);
        let pieces = |run: &Run, end, until: Until<'_>| self.pieces(disk, (run, end), until);
        self.ended(table.aggregate_over(from, end_of, read, pieces, visit))
    }

    fn ended(&self, end: Scan) -> Scan {
        if matches!(end, Scan::Done | Scan::Refused) {
            self.reading.take();
        }
        end
    }

    fn series<F: Files>(
        &self,
        table: &MemoryStore<Disk<F>>,
        from: &[u8],
        visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>,
    ) -> Scan {
        table.series_over(from, |run| self.read(table.backing(), run), visit)
    }

    /// Waits for the run that is wanted.
    fn poll_read(&self, disk: &Disk<impl Files>, context: &mut Context<'_>) -> Poll<()> {
        let mut reading = self.reading.borrow_mut();
        let Some(reading) = &mut *reading else { return Poll::Ready(()) };
        let Some(wanted) = reading.wanted else { return Poll::Ready(()) };
        let asked = reading.asked.get_or_insert_with(|| disk.fetches.ask(wanted));
        let Poll::Ready(result) = asked.poll(context) else { return Poll::Pending };
        if reading.read.len() == READ {
            drop(reading.read.remove(0));
        }
        // What was asked for may have been merged with other runs meanwhile: then it is not found
        // among these, and the run that has taken its place is wanted.
        if result != Err(Unread::NotYet) {
            reading.read.push((asked.stored, result));
        }
        (reading.wanted, reading.asked) = (None, None);
        Poll::Ready(())
    }
}

impl<F: Files> Store for Handle<F> {
    const WAITS: bool = true;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.batch().put(key, sample)
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        self.batch().remove(key)
    }

    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        self.state.scan(&self.store.table, query, from, visit)
    }

    fn aggregate(
        &self,
        query: &Query<'_>,
        from: Position,
        end_of: impl Fn(i64) -> i64,
        visit: impl FnMut(Key<'_>, Portion<'_>) -> ControlFlow<usize>,
    ) -> Scan {
        self.state.aggregate(&self.store.table, (query, from), end_of, visit)
    }

    fn series(&self, from: &[u8], visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        self.state.series(&self.store.table, from, visit)
    }

    fn counters(&self) -> StoreCounters {
        self.store.counters()
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        let Self { store, state } = self;
        let disk = store.disk();
        let committed = state.commit.poll(disk, store.settings.sync, context)?;
        if state.poll_read(disk, context).is_pending() {
            return Poll::Pending;
        }
        if state.blocked {
            if store.poll_room(context).is_pending() {
                return Poll::Pending;
            }
            state.blocked = false;
        }
        committed.map(Ok)
    }

    fn batch(&mut self) -> impl Store {
        let Self { store, state } = self;
        DiskBatch { store, batch: store.table.batch(), state }
    }
}

/// A handle for a batch of requests.
struct DiskBatch<'a, F: Files> {
    store: &'a DiskStore<F>,
    batch: Batch<'a, Disk<F>>,
    state: &'a mut State,
}

impl<F: Files> DiskBatch<'_, F> {
    /// Loads the run that a late sample belongs to, and puts it again. Else there is no room yet.
    #[cold]
    fn load_and_put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        let (table, disk) = (self.batch.released(), self.store.disk());
        let Some(run) = table.run_of(key.as_bytes(), sample.timestamp()) else {
            self.state.blocked = true;
            return Err(Refused::NotYet);
        };
        let samples = self.state.read(disk, &run).map_err(|unread| match unread {
            Unread::NotYet => Refused::NotYet,
            Unread::Refused => Refused::Unavailable,
        })?;
        load(table, key.as_bytes(), &run, &samples);
        self.batch.put(key, sample).inspect_err(|refused| {
            self.state.blocked = *refused == Refused::NotYet;
        })
    }
}

impl<F: Files> Store for DiskBatch<'_, F> {
    const WAITS: bool = true;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        let mut put = self.batch.put(key, sample);
        if put == Err(Refused::NotYet) {
            put = self.load_and_put(key, sample);
        }
        match put {
            Ok(()) => self.state.commit.note(self.store.disk()),
            Err(Refused::Unavailable) => self.store.refuse(),
            Err(_) => {}
        }
        put
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        let removed = self.batch.released().remove_series(key.as_bytes());
        match removed {
            Ok(true) => self.state.commit.note(self.store.disk()),
            Err(Refused::NotYet) => self.state.blocked = true,
            Err(Refused::Unavailable) => self.store.refuse(),
            _ => {}
        }
        removed
    }

    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        self.state.scan(self.batch.released(), query, from, visit)
    }

    fn aggregate(
        &self,
        query: &Query<'_>,
        from: Position,
        end_of: impl Fn(i64) -> i64,
        visit: impl FnMut(Key<'_>, Portion<'_>) -> ControlFlow<usize>,
    ) -> Scan {
        self.state.aggregate(self.batch.released(), (query, from), end_of, visit)
    }

    fn series(&self, from: &[u8], visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        self.state.series(self.batch.released(), from, visit)
    }

    fn counters(&self) -> StoreCounters {
        self.batch.released();
        self.store.counters()
    }

    fn want(&mut self, _: Request<'_>, _: Position) -> bool {
        false
    }
}
