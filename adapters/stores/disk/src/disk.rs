//! The disk under the table: its log, its segments, and who must be told.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use metric_memory::{Backing, Log, Logged, MemoryStore};
use metric_proto::{Refused, Sample};

use crate::Files;
use crate::fetch::Fetches;
use crate::loaded::Loaded;
use crate::log_file::Mark;
use crate::run::Run;
use crate::segments::Segments;
use crate::writer::Writer;

/// What lies under the table of a [`DiskStore`](crate::DiskStore).
#[derive(Debug)]
pub(crate) struct Disk<F: Files> {
    pub(crate) files: F,
    writer: Mutex<Writer<F::File>>,
    pub(crate) segments: Segments<F::File>,
    pub(crate) fetches: Fetches,
    pub(crate) loaded: Loaded,
    pub(crate) keeper: Bell,
    pub(crate) merger: Bell,
    pub(crate) syncer: Bell,
    /// How often the log failed; see [`Writer::epoch`].
    pub(crate) epoch: AtomicU32,
    /// Whether the table takes more memory than it should, until a flush is over.
    pub(crate) crowded: AtomicBool,
    /// Whether a flush that should make room in memory failed. Puts are refused while the table takes
    /// more than it should.
    pub(crate) stuck: AtomicBool,
    /// Whether the log was told that series take more memory than they should.
    pub(crate) told_full: AtomicBool,
    /// Whether changes come from logs that are replayed.
    pub(crate) replaying: AtomicBool,
}

impl<F: Files> Disk<F> {
    pub(crate) fn new(files: F, writer: Writer<F::File>) -> Self {
        Self {
            files,
            writer: Mutex::new(writer),
            segments: Segments::default(),
            fetches: Fetches::default(),
            loaded: Loaded::default(),
            keeper: Bell::default(),
            merger: Bell::default(),
            syncer: Bell::default(),
            epoch: AtomicU32::new(0),
            crowded: AtomicBool::new(false),
            stuck: AtomicBool::new(false),
            told_full: AtomicBool::new(false),
            replaying: AtomicBool::new(true),
        }
    }

    /// Locks the log.
    pub(crate) fn writer(&self) -> Writing<'_, F> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        Writing { disk: self, writer }
    }
}

impl<F: Files> Backing for Disk<F> {
    type Run = Run;
    type Mark = Mark;
    type Log<'a> = Writing<'a, F>;

    const WAITS: bool = true;
    /// A series takes about 300 bytes when it is new. Later it takes 160 more, 200 of new samples, and 50
    /// for each segment that it is in, of which there are up to ten when memory is short.
    const QUARTERS: usize = 1;

    fn log(&self) -> Writing<'_, F> {
        self.writer()
    }

    fn make_room(store: &MemoryStore<Self>) -> Result<(), Refused> {
        let disk = store.backing();
        if disk.replaying.load(Relaxed) {
            return Ok(());
        }
        disk.crowded.store(true, Relaxed);
        disk.keeper.ring();
        let stuck = disk.stuck.load(Relaxed);
        Err(if stuck { Refused::Unavailable } else { Refused::NotYet })
    }
}

/// The log, locked. When it is released, whoever must act on it is told.
#[derive(Debug)]
pub(crate) struct Writing<'a, F: Files> {
    disk: &'a Disk<F>,
    pub(crate) writer: MutexGuard<'a, Writer<F::File>>,
}

impl<F: Files> Writing<'_, F> {
    /// Has the log synced.
    pub(crate) fn ring_syncer(&self) {
        self.disk.syncer.ring();
    }
}

impl<F: Files> Drop for Writing<'_, F> {
    fn drop(&mut self) {
        if self.writer.calls {
            self.writer.calls = false;
            self.disk.epoch.store(self.writer.epoch(), Relaxed);
            self.disk.keeper.ring();
        }
    }
}

impl<F: Files> Log<Mark> for Writing<'_, F> {
    #[inline(always)]
    fn admit(&mut self) -> Result<(), Refused> {
        self.writer.admit()
    }

    #[inline(always)]
    fn put(&mut self, series: Logged<'_, Mark>, sample: Sample) {
        self.writer.put(series, sample);
    }

    fn remove(&mut self, series: Logged<'_, Mark>) {
        self.disk.loaded.take(series.key);
        self.writer.remove(series);
    }
}

/// Wakes a thread that has something to do.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rung: Mutex<bool>,
    heard: Condvar,
}

impl Bell {
    pub(crate) fn ring(&self) {
        *self.lock() = true;
        self.heard.notify_one();
    }

    /// Waits until it rings, or for a time.
    pub(crate) fn wait(&self, time: Duration) {
        let waited = self.heard.wait_timeout_while(self.lock(), time, |rung| !*rung);
        let (mut rung, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *rung = false;
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        self.rung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
