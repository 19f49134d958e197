//! The store: a table in memory over a disk.

use std::io;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use metric_memory::MemoryStore;
use metric_proto::StoreCounters;

use crate::disk::Disk;
use crate::handle::Handle;
use crate::keep::{Kept, make_log};
use crate::merge::Merging;
use crate::segment::{Numbers, Totals};
use crate::segments::SegmentFile;
use crate::settings::{Settings, Sync};
use crate::trouble::State;
use crate::{
    Directory, File, Files,
    names::{self, Kind},
};

/// Samples in a directory, the newest of them in memory, too.
///
/// It is shared by [handles](DiskStore::handle). Something must call
/// [`keep_room`](DiskStore::keep_room), [`merge`](DiskStore::merge), [`sync`](DiskStore::sync) and
/// [`fetch`](DiskStore::fetch), each in a thread of its own: [`Threads`](crate::Threads) do.
#[derive(Debug)]
pub struct DiskStore<F: Files = Directory> {
    pub(crate) table: MemoryStore<Disk<F>>,
    pub(crate) settings: Settings,
    /// Locked before `kept`, never behind it.
    pub(crate) merging: Mutex<Merging>,
    /// Whether a merge must end early: the oldest segments must go, and perhaps it reads these.
    pub(crate) gives_way: AtomicBool,
    kept: Mutex<Kept>,
    /// What the table counted when it was recovered.
    recovered: StoreCounters,
    pub(crate) counts: Counts,
    /// Held by the thread that syncs logs.
    syncing: Mutex<()>,
    _lock: F::Lock,
}

/// What a store counts beside [`StoreCounters`], since it was opened.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    unavailable: AtomicU64,
    pub(crate) expired: AtomicU64,
    pub(crate) forgotten: AtomicU64,
    pub(crate) damaged: AtomicU64,
}

/// What a store counts beside [`StoreCounters`], since it was opened.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DiskCounters {
    /// Puts that were refused because nothing could be written.
    pub unavailable: u64,
    /// Samples that were removed because of their age or of the bound on bytes.
    pub expired: u64,
    /// Series that were removed because they got nothing for too long.
    pub forgotten: u64,
    /// Samples that were found to be damaged when they were read.
    pub damaged: u64,
}

/// The length of the log that an orderly end leaves, in bytes.
const END: u64 = 4_096;

impl<F: Files> DiskStore<F> {
    pub(crate) fn new(
        table: MemoryStore<Disk<F>>,
        settings: Settings,
        kept: Kept,
        lock: F::Lock,
    ) -> Self {
        let (recovered, counts) = (table.count(), Counts::default());
        Self {
            table,
            settings,
            merging: Mutex::default(),
            gives_way: AtomicBool::new(false),
            kept: Mutex::new(kept),
            recovered,
            counts,
            syncing: Mutex::default(),
            _lock: lock,
        }
    }

    /// Returns a handle for a connection.
    pub fn handle(self: &Arc<Self>) -> Handle<F> {
        Handle::new(Arc::clone(self))
    }

    /// Returns how full the store is, and what it evicted and refused since it was opened.
    pub fn counters(&self) -> StoreCounters {
        let (mut counters, before) = (self.table.count(), self.recovered);
        counters.evicted -= before.evicted;
        counters.table_full -= before.table_full;
        counters.too_old -= before.too_old;
        counters
    }

    /// Returns what it counted beside that.
    pub fn disk_counters(&self) -> DiskCounters {
        let Counts { unavailable, expired, forgotten, damaged } = &self.counts;
        DiskCounters {
            unavailable: unavailable.load(Relaxed),
            expired: expired.load(Relaxed),
            forgotten: forgotten.load(Relaxed),
            damaged: damaged.load(Relaxed),
        }
    }

    /// Returns the bytes that series take in memory.
    pub fn memory(&self) -> usize {
        self.table.memory()
    }

    /// Returns the bytes of all files in the directory.
    ///
    /// # Errors
    ///
    /// If the directory cannot be listed.
    pub fn bytes(&self) -> io::Result<u64> {
        let files = self.disk().files.list()?;
        let ours = files.iter().filter(|(name, _)| names::kind(name) != Kind::Other);
        Ok(ours.map(|(_, length)| length).sum())
    }

    /// Returns whether it refuses puts now, because the disk is full or fails.
    #[must_use]
    pub fn is_refusing(&self) -> bool {
        self.disk().stuck.load(Relaxed) || self.disk().writer().writer.refuses()
    }

    pub(crate) fn disk(&self) -> &Disk<F> {
        self.table.backing()
    }

    pub(crate) fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that all that could be was moved from memory to the disk, unless that failed.
    pub(crate) fn note_room(&self, has_flushed: bool) {
        self.disk().stuck.store(!has_flushed, Relaxed);
        if !has_flushed {
            return;
        }
        let has_room = self.table.has_moved();
        let was_told = self.disk().told_full.swap(!has_room, Relaxed);
        if !has_room && !was_told {
            log::warn!(
                "{} series take {} bytes of memory, of at most {}, although older samples are on the \
                 disk; new keys are refused; allow more memory, or have silent series forgotten",
                self.table.count().series,
                self.memory(),
                self.settings.max_memory,
            );
        }
    }

    /// Returns how it goes with writing, after an attempt to do what is due.
    pub(crate) fn state(&self, kept: &io::Result<()>) -> State {
        match kept {
            Ok(()) => State::Well,
            Err(_) if self.is_refusing() => State::Refusing,
            Err(_) => State::Failing,
        }
    }

    /// Counts a put that was refused because nothing could be written.
    pub(crate) fn refuse(&self) {
        self.counts.unavailable.fetch_add(1, Relaxed);
    }

    /// Waits until a put that had no room may be tried again.
    pub(crate) fn poll_room(&self, context: &mut Context<'_>) -> Poll<()> {
        let disk = self.disk();
        let mut writing = disk.writer();
        if !disk.crowded.load(Relaxed) && !writing.writer.waits_for_spare() {
            return Poll::Ready(());
        }
        writing.writer.waiters.await_room(context.waker());
        writing.writer.calls = true;
        Poll::Pending
    }

    /// Syncs all logs. Connections whose puts must be synced go on.
    ///
    /// # Errors
    ///
    /// If a sync fails, or writing did before. The logs that it was for are not used any more.
    pub fn sync(&self) -> io::Result<()> {
        // Another one could take the earlier logs and still sync them when this one ends.
        let _alone = self.syncing.lock().unwrap_or_else(PoisonError::into_inner);
        let (files, position) = self.disk().writer().writer.begin_sync()?;
        let synced = files.iter().try_for_each(|file| file.sync());
        let mut writing = self.disk().writer();
        match &synced {
            Ok(()) => writing.writer.end_sync(position),
            Err(error) => writing.writer.fail(error),
        }
        synced
    }

    /// Makes sure that no segment has what its logs do not have after a crash.
    /// The segment is of the logs up to `last`.
    ///
    /// # Errors
    ///
    /// If a later log has failed or fails: the segment may have a part of what that should have.
    pub(crate) fn sync_logs(&self, last: u64) -> io::Result<()> {
        let mut writing = self.disk().writer();
        writing.writer.write();
        if writing.writer.has_failed() && writing.writer.log.number > last {
            return Err(io::Error::other("the log failed meanwhile"));
        }
        // The segment has what a log that failed should have, and nothing is newer.
        if self.settings.sync == Sync::Write || writing.writer.has_failed() {
            return Ok(());
        }
        drop(writing);
        self.sync()
    }

    /// Flushes, and removes the logs, which are empty then, but for one that takes little space: it
    /// shows that no newer file is missing. Later puts are refused.
    ///
    /// # Errors
    ///
    /// If files cannot be written. Then the logs keep what is not in segments, unless this is
    /// [`NotFound`](io::ErrorKind::NotFound): somebody has removed the directory.
    pub fn close(&self) -> io::Result<()> {
        self.close_files().map_err(|error| match self.disk().files.check_place() {
            Ok(()) if error.kind() == io::ErrorKind::NotFound => io::Error::other(error),
            Ok(()) => error,
            Err(_) => {
                let text =
                    format!("{} was removed, and its samples with it", self.disk().files.place());
                io::Error::new(io::ErrorKind::NotFound, text)
            }
        })
    }

    fn close_files(&self) -> io::Result<()> {
        self.sync_logs(u64::MAX)?;
        // The first may only make a segment of logs that ended before.
        while self.flush(false)? {}
        let kept = &mut *self.kept();
        if !self.disk().writer().writer.close() {
            return Ok(());
        }
        let (files, last) = (&self.disk().files, kept.flushed + 1);
        while let Some(log) = kept.logs.pop_if(|log| *log > last) {
            files.remove(&names::log(log))?;
        }
        make_log(files, last, (self.settings.clock)(), END).map(|_| ())
    }

    /// Adds a segment to those that are read from.
    pub(crate) fn add_segment(
        &self,
        file: F::File,
        numbers: Numbers,
        before: Totals,
        samples: u64,
    ) -> io::Result<u32> {
        let bytes = file.length()?;
        Ok(self.disk().segments.add(SegmentFile { numbers, file, bytes, samples, before }))
    }
}
