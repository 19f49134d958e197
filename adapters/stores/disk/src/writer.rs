//! The writer of the log: records in a buffer, the buffer in a file.

use std::collections::BTreeSet;
use std::io;
use std::mem::take;
use std::sync::Arc;

use metric_memory::Logged;
use metric_proto::{Key, Refused, Sample};

use crate::File;
use crate::frame;
use crate::head::Head;
use crate::log_file::{LogFile, Mark, Spare};
use crate::names;
use crate::record::{Encoder, MAX_RECORD};
use crate::settings::Sync;
use crate::waiters::Waiters;

/// Appends the changes of a table to its log. A buffer becomes a frame when it is written.
#[derive(Debug)]
pub(crate) struct Writer<F> {
    encoder: Encoder,
    /// How many series the current log has numbers for. None is given twice, so that a number means the same
    /// even if what defines others is lost.
    numbered: u32,
    /// The longest time, in seconds, between the arrivals of two samples of a series that go together.
    silence: u32,
    /// A frame's head, and records.
    buffer: Vec<u8>,
    /// The length that the buffer may have before a record.
    limit: usize,
    /// The current log, or the last one if it failed.
    pub(crate) log: LogFile<F>,
    pub(crate) spare: Spare<F>,
    /// Why nothing can be logged.
    failed: Option<io::ErrorKind>,
    /// How often a log failed. What was not written, or should have been synced, was lost then.
    epoch: u32,
    /// The bytes of records in all frames so far, and how many of those were synced.
    written: u64,
    synced: u64,
    /// The numbers of earlier logs that are not synced, and the logs.
    unsynced: Vec<(u64, Arc<F>)>,
    /// Keys of series that were removed, which no segment says yet.
    pub(crate) removed: BTreeSet<Box<[u8]>>,
    pub(crate) waiters: Waiters,
    /// Whether the keeper must look: a log is full, or failed.
    pub(crate) calls: bool,
}

/// A buffer of this length is written before it grows.
const LONGEST_FRAME: usize = 512 * 1024;

impl<F: File> Writer<F> {
    /// Creates a writer that has no log yet. `silence` is the longest time, in seconds, between the arrivals of two
    /// samples of a series that go together.
    pub(crate) fn new(silence: u32) -> Self {
        Self {
            encoder: Encoder::default(),
            numbered: 0,
            silence,
            buffer: vec![0; frame::HEAD],
            limit: 0,
            log: LogFile::missing(),
            spare: Spare::Due,
            failed: None,
            epoch: 0,
            written: 0,
            synced: 0,
            unsynced: Vec::new(),
            removed: BTreeSet::new(),
            waiters: Waiters::default(),
            calls: true,
        }
    }

    /// Where the log ends, in bytes of records since the store was opened.
    pub(crate) fn position(&self) -> u64 {
        self.written + (self.buffer.len() - frame::HEAD) as u64
    }

    /// Returns whether a record may be logged, and makes room for it.
    #[inline(always)]
    pub(crate) fn admit(&mut self) -> Result<(), Refused> {
        if self.buffer.len() <= self.limit { Ok(()) } else { self.make_room() }
    }

    #[cold]
    fn make_room(&mut self) -> Result<(), Refused> {
        self.write();
        if self.failed.is_none() && self.buffer.len() <= self.limit {
            return Ok(());
        }
        self.calls = true;
        if self.failed.is_some() {
            return Err(Refused::Unavailable);
        }
        match self.take_spare() {
            Some(log) => {
                self.rotate(log);
                Ok(())
            }
            None if matches!(self.spare, Spare::Failed) => Err(Refused::Unavailable),
            None => Err(Refused::NotYet),
        }
    }

    /// Goes on in another log. All records before are written, or lost.
    pub(crate) fn rotate(&mut self, log: LogFile<F>) {
        match self.failed.take() {
            None => self.unsynced.extend(self.log.file.take().map(|file| (self.log.number, file))),
            // Segments have what it should have had.
            Some(_) => self.synced = self.written,
        }
        self.log = log;
        (self.encoder, self.numbered) = (Encoder::default(), 0);
        self.set_limit();
    }

    /// Takes the log that is to follow.
    pub(crate) fn take_spare(&mut self) -> Option<LogFile<F>> {
        match std::mem::replace(&mut self.spare, Spare::Due) {
            Spare::Ready(log) => Some(log),
            other => {
                self.spare = other;
                None
            }
        }
    }

    /// Whether the current log has any records, written or not.
    pub(crate) fn has_records(&self) -> bool {
        self.log.offset > Head::LENGTH as u64 || self.unwritten() > 0
    }

    /// Forgets the log that is to follow if it has no name any more; returns its number.
    pub(crate) fn forget_nameless_spare(&mut self) -> Option<u64> {
        let log = self.take_spare()?;
        if !log.has_name() {
            return Some(log.number);
        }
        self.spare = Spare::Ready(log);
        None
    }

    /// Gives the current log up if it has no name any more: nobody would find what is put in it.
    pub(crate) fn check_name(&mut self) {
        if self.failed.is_none() && !self.log.has_name() {
            let text = "somebody has removed it; another one follows";
            self.fail(&io::Error::new(io::ErrorKind::NotFound, text));
        }
    }

    /// Whether puts are refused, because the log has failed or is full and there is no room for another.
    pub(crate) fn refuses(&self) -> bool {
        let is_full = self.buffer.len() > self.limit;
        self.failed.is_some() || is_full && matches!(self.spare, Spare::Failed)
    }

    /// Whether puts must wait for the log that is to follow.
    pub(crate) fn waits_for_spare(&self) -> bool {
        self.buffer.len() > self.limit && self.failed.is_none() && matches!(self.spare, Spare::Due)
    }

    fn set_limit(&mut self) {
        let room = self.log.length.saturating_sub(self.log.offset);
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(LONGEST_FRAME);
        self.limit = room.saturating_sub(2 * MAX_RECORD);
    }

    /// Logs a sample.
    #[inline(always)]
    pub(crate) fn put(&mut self, series: Logged<'_, Mark>, sample: Sample) {
        if series.mark.log != self.log.number as u32 {
            self.introduce(series.key, series.mark);
        }
        self.encoder.put(&mut self.buffer, series.mark.number, sample);
    }

    /// Logs the key of a series that this log has not had.
    #[cold]
    fn introduce(&mut self, key: &[u8], mark: &mut Mark) {
        (mark.log, mark.number) = (self.log.number as u32, self.number());
        self.encoder.key(&mut self.buffer, mark.number, name(key));
        let start = self.log.start;
        // Samples must not go early because others in memory arrived long before. These few go late instead.
        let is_late = start.saturating_sub(mark.last) > self.silence;
        mark.apart |= is_late && mark.arrival > 0;
        if is_late || mark.arrival == 0 {
            mark.arrival = start;
        }
        mark.last = mark.last.max(start);
    }

    /// Returns the next number for a series.
    fn number(&mut self) -> u32 {
        let number = self.numbered;
        self.numbered = number.wrapping_add(1);
        number
    }

    /// Logs that a series was removed, with its key once more: what damage takes of the log before must not bring
    /// the series back.
    pub(crate) fn remove(&mut self, series: Logged<'_, Mark>) {
        let is_known = series.mark.log == self.log.number as u32;
        let number = if is_known { series.mark.number } else { self.number() };
        self.encoder.key(&mut self.buffer, number, name(series.key));
        self.encoder.remove(&mut self.buffer, number);
        self.removed.insert(series.key.into());
    }

    /// Writes the buffer as a frame.
    pub(crate) fn write(&mut self) {
        let length = self.buffer.len() - frame::HEAD;
        if length == 0 || self.failed.is_some() {
            return;
        }
        frame::seal(&mut self.buffer, self.log.salt, self.log.offset);
        let Some(file) = &self.log.file else { return };
        match self
            .log
            .write_head(file)
            .and_then(|()| file.write_all_at(&self.buffer, self.log.offset))
        {
            Ok(()) => {
                self.log.offset += self.buffer.len() as u64;
                self.written += length as u64;
                self.buffer.truncate(frame::HEAD);
                self.encoder = Encoder::default();
                self.set_limit();
            }
            Err(error) => self.fail(&error),
        }
    }

    /// Lets the logs that have no records begin at a time.
    pub(crate) fn begin_at(&mut self, now: u32) {
        if !self.has_records() {
            self.log.start = now;
        }
        if let Spare::Ready(log) = &mut self.spare {
            log.start = now;
        }
    }

    /// Tells that the current log failed, and gives it up.
    pub(crate) fn fail(&mut self, error: &io::Error) {
        if self.failed.is_none() {
            log::error!("cannot write {}: {error}", names::log(self.log.number));
        }
        self.give_up(error);
    }

    /// Gives the current log up. What was not written or not synced is lost, unless a flush that
    /// follows writes it.
    pub(crate) fn give_up(&mut self, error: &io::Error) {
        self.failed = Some(error.kind());
        self.epoch += 1;
        self.written += (self.buffer.len() - frame::HEAD) as u64;
        self.buffer.truncate(frame::HEAD);
        self.limit = 0;
        self.calls = true;
        self.waiters.wake_synced(u64::MAX);
        self.waiters.wake_blocked();
    }

    /// Admits nothing any more, unless there are records. Returns whether there are none.
    pub(crate) fn close(&mut self) -> bool {
        let is_empty = !self.has_records();
        if is_empty {
            (self.failed, self.limit) = (Some(io::ErrorKind::NotConnected), 0);
        }
        is_empty
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The bytes that are not written yet.
    pub(crate) fn unwritten(&self) -> usize {
        self.buffer.len() - frame::HEAD
    }

    pub(crate) fn synced(&self) -> u64 {
        self.synced
    }

    /// Whether a sync is due: in intervals if anything was put, else if somebody waits for it.
    pub(crate) fn sync_is_due(&self, sync: Sync) -> bool {
        match sync {
            Sync::Write => false,
            _ if self.failed.is_some() => false,
            Sync::Interval => self.position() > self.synced,
            Sync::Always => self.waiters.want_sync(),
        }
    }

    /// Returns what a sync must sync, and the position that is safe after it.
    ///
    /// # Errors
    ///
    /// If the log has failed.
    pub(crate) fn begin_sync(&mut self) -> io::Result<(Vec<Arc<F>>, u64)> {
        self.write();
        if let Some(failed) = self.failed {
            return Err(failed.into());
        }
        let unsynced = take(&mut self.unsynced).into_iter().map(|(_, file)| file);
        let files = unsynced.chain(self.log.file.clone()).collect();
        Ok((files, self.written))
    }

    /// All up to a position was synced.
    pub(crate) fn end_sync(&mut self, position: u64) {
        self.synced = self.synced.max(position);
        self.waiters.wake_synced(self.synced);
    }

    /// Has an earlier log synced with the current one.
    pub(crate) fn note_unsynced(&mut self, number: u64, log: F) {
        self.unsynced.push((number, Arc::new(log)));
    }

    /// Forgets the logs up to a number, which segments hold: they need no sync.
    pub(crate) fn forget_unsynced(&mut self, last: u64) {
        self.unsynced.retain(|(number, _)| *number > last);
    }

    /// Takes the records of a log that is replayed as its own, without writing them.
    pub(crate) fn replay(&mut self, number: u64, start: u32) {
        (self.log.number, self.log.start) = (number, start);
        self.skip();
        self.limit = usize::MAX;
    }

    /// Forgets what was replayed so far.
    pub(crate) fn skip(&mut self) {
        self.buffer.truncate(frame::HEAD);
    }
}

fn name(key: &[u8]) -> Key<'_> {
    Key::from_bytes(key).expect("the table has only keys")
}
