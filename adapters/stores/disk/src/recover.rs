//! Opening a directory: what its segments and logs hold goes to the table.
//!
//! Only temporary files are deleted. What cannot be read is set aside and told.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use metric_memory::{MemoryStore, Sealed};
use metric_proto::{Key, Refused, Sample};

use crate::disk::Disk;
use crate::findings::{Finding, Findings, OpenError};
use crate::frames::{End, Frames, Next};
use crate::head::{Head, HeadError};
use crate::keep::{Kept, make_log};
use crate::names::{self, Kind};
use crate::record::{Decoder, Malformed, Record};
use crate::run::{Run, Stored};
use crate::segment::{self, Contents, Numbers, Segment, Totals, Unreadable};
use crate::segments::SegmentFile;
use crate::settings::Settings;
use crate::table::{each_series, load};
use crate::union::{Keys, Piece, Union};
use crate::writer::{Mark, Writer};
use crate::{DiskStore, File, Files};

impl<F: Files> DiskStore<F> {
    /// Opens a directory. Returns what was found wrong, too, all of which is logged.
    ///
    /// # Errors
    ///
    /// [`OpenError`] if another process has the directory, if it cannot be read, or if a later
    /// version of this program has written it. A full disk is no error: then puts are refused until
    /// there is room.
    pub fn open(files: F, settings: Settings) -> Result<(Arc<Self>, Findings), OpenError> {
        let lock = files.lock().map_err(OpenError::locked)?;
        let mut listed = Listed::new(&files)?;
        let backing = Disk::new(files, Writer::new());
        let Settings { layout, max_series, max_samples, max_memory, .. } = settings;
        let table = MemoryStore::with_backing(layout, max_series, max_samples, backing);
        let table = table.with_max_memory(max_memory);
        let expires = settings.keep_bytes.is_some() || settings.keep_age.is_some();
        let mut recovery = Recovery { table: &table, findings: Findings::default(), expires };
        let segments = recovery.read_segments(&listed.segments)?;
        recovery.find_gaps(&segments);
        let mut kept = recovery.kept(&segments, settings.clock);
        recovery.restore(&segments)?;
        // The newest segment is of the logs that are left.
        let is_sound = segments.last().is_none_or(|(_, segment)| segment.damage.is_none());
        drop(segments);
        recovery.replay(&mut listed.logs, &mut kept, is_sound)?;
        let findings = recovery.findings;
        begin_log(&table, &mut kept, &settings);
        Ok((Arc::new(Self::new(table, settings, kept, lock)), findings))
    }
}

/// The files in a directory.
struct Listed {
    segments: Vec<Numbers>,
    logs: Vec<u64>,
}

impl Listed {
    /// Lists a directory, and removes temporary files.
    fn new(files: &impl Files) -> io::Result<Self> {
        let mut listed = Self { segments: Vec::new(), logs: Vec::new() };
        for (name, _) in files.list()? {
            match names::kind(&name) {
                Kind::Log(number) => listed.logs.push(number),
                Kind::Segment(numbers) => listed.segments.push(numbers),
                Kind::Temporary => files.remove(&name)?,
                Kind::Other => {}
            }
        }
        // A segment stands before those that it replaces.
        listed.segments.sort_by_key(|numbers| (numbers.first, std::cmp::Reverse(numbers.last)));
        listed.logs.sort_unstable();
        Ok(listed)
    }
}

/// A directory that is being opened.
struct Recovery<'a, F: Files> {
    table: &'a MemoryStore<Disk<F>>,
    findings: Findings,
    /// Whether the oldest segments may be gone.
    expires: bool,
}

impl<F: Files> Recovery<'_, F> {
    fn disk(&self) -> &Disk<F> {
        self.table.backing()
    }

    /// Reads the indexes of all segments. Removes those that others replace, and sets aside what
    /// cannot be read.
    fn read_segments(&mut self, listed: &[Numbers]) -> Result<Vec<(u32, Segment)>, OpenError> {
        let mut read: Vec<(u32, Segment)> = Vec::new();
        let mut end = 0;
        for &numbers in listed {
            let name = numbers.to_string();
            if numbers.last <= end {
                let newer = read.last().is_some_and(|(_, newer)| newer.damage.is_none());
                let head = self.read_head(&name)?;
                self.retire(&name, newer && segment::is_of(&head, numbers))?;
            } else if let Some(segment) = self.read_segment(numbers)? {
                // It may overlap the one before: a merge failed after that was published, and later
                // merges did not have it. What both have is the same.
                read.push(segment);
                end = numbers.last;
            }
        }
        Ok(read)
    }

    fn read_segment(&mut self, numbers: Numbers) -> Result<Option<(u32, Segment)>, OpenError> {
        let name = numbers.to_string();
        let file = self.disk().files.open(&name)?;
        let segment = match segment::read(&file, numbers) {
            Ok(segment) => segment,
            Err(Unreadable::UnknownVersion(version)) => {
                return Err(OpenError::UnknownVersion { name, version });
            }
            Err(error) => {
                self.set_aside(&name, error.to_string())?;
                return Ok(None);
            }
        };
        if let Some(damage) = segment.damage {
            self.findings.add(Finding::new(&name, damage.to_string()));
        }
        let (bytes, contents) = (file.length()?, segment.contents);
        let before = segment.before.unwrap_or_default();
        let id = self.disk().segments.add(SegmentFile { numbers, file, bytes, contents, before });
        Ok(Some((id, segment)))
    }

    /// Removes a file that a newer one replaces. If that is damaged, or this is another file than its
    /// name says, it is set aside.
    fn retire(&mut self, name: &str, is_replaced: bool) -> io::Result<()> {
        match is_replaced {
            true => self.disk().files.remove(name),
            false => self.set_aside(
                name,
                "it is not what its name says, or what replaces it is damaged".to_owned(),
            ),
        }
    }

    fn read_head(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut head = vec![0; Head::LENGTH];
        let length = self.disk().files.open(name)?.read_at(&mut head, 0)?;
        head.truncate(length);
        Ok(head)
    }

    fn set_aside(&mut self, name: &str, why: String) -> io::Result<()> {
        let files = &self.disk().files;
        let aside = names::set_aside(files, name);
        files.rename(name, &aside)?;
        self.findings.add(Finding::new(name, format!("{why}; it is set aside as {aside}")));
        Ok(())
    }

    /// Tells which segments are missing. Their numbers have no gaps. If segments expire, some may have
    /// done so since the newest one was written, which says what the oldest was.
    fn find_gaps(&mut self, segments: &[(u32, Segment)]) {
        let oldest = segments.iter().rev().find_map(|(_, segment)| segment.oldest);
        let mut next = oldest.unwrap_or(1).max(1);
        let mut totals = None;
        for (place, (id, segment)) in segments.iter().enumerate() {
            let Some(file) = self.disk().segments.get(*id) else { continue };
            let has_expired = self.expires && place == 0;
            if file.numbers.first > next && !has_expired {
                let missing = Numbers { first: next, last: file.numbers.first - 1 };
                let lost = segment.before.zip(totals).map(|(now, then)| less(now, then));
                self.findings.add(Finding::missing(missing, lost));
            }
            next = file.numbers.last + 1;
            totals = segment.before.map(|before| after(before, segment.contents, file.bytes));
        }
    }

    fn kept(&self, segments: &[(u32, Segment)], clock: fn() -> u32) -> Kept {
        let last = segments.last().and_then(|(id, segment)| {
            let file = self.disk().segments.get(*id)?;
            let before = segment.before.unwrap_or_default();
            Some((file.numbers.last, after(before, segment.contents, file.bytes)))
        });
        let (flushed, totals) = last.unwrap_or_default();
        let first = segments.first().and_then(|(id, _)| self.disk().segments.get(*id));
        Kept {
            flushed,
            logs: Vec::new(),
            damaged_logs: Vec::new(),
            next_log: flushed + 1,
            totals,
            oldest: first.map_or(flushed + 1, |segment| segment.numbers.first),
            ticket: 0,
            began: clock(),
        }
    }

    /// Adds what segments have to the table.
    fn restore(&mut self, segments: &[(u32, Segment)]) -> io::Result<()> {
        let entries = segments.iter().map(|(id, segment)| (*id, segment.entries()));
        for found in Keys::new(entries) {
            let Some(key) = found.first().map(|(_, entry)| entry.key.clone()) else { continue };
            let newest = found.last().map_or(0, |(id, _)| *id);
            let mut union = Union::default();
            for (id, entry) in &found {
                union.add(*id, entry, |stored| self.read(stored, &key))?;
            }
            self.restore_series(&key, union, newest)?;
        }
        Ok(())
    }

    fn restore_series(&mut self, key: &[u8], mut union: Union, segment: u32) -> io::Result<()> {
        let newest = union.take_newest(|stored| self.read(stored, key))?;
        let Some(newest) = newest else { return Ok(()) };
        let log = self.disk().segments.get(segment).map_or(0, |file| file.numbers.last as u32);
        let arrival = union.pieces.last().map_or(union.last_arrival, Piece::arrival);
        let is_here = |piece: &Piece| matches!(piece, Piece::Samples(..));
        let loose = union.pieces.iter().any(is_here);
        let mark = Mark { log, arrival, last: union.last_arrival, loose };
        let chunk = self.table.chunk();
        let sealed: Vec<_> =
            union.pieces.into_iter().flat_map(|piece| seal(piece, chunk)).collect();
        self.table.restore(key, |mut parts| {
            parts.replace(0..0, sealed);
            parts.start_head(newest);
            parts.trim();
            *parts.mark() = mark;
        });
        Ok(())
    }

    /// Reads a run. A damaged one is told, and has no samples.
    fn read(&mut self, stored: &Stored, key: &[u8]) -> io::Result<Vec<Sample>> {
        let samples = self.disk().segments.try_read(stored)?;
        Ok(samples.unwrap_or_else(|| {
            self.findings.add(Finding::run(stored, key));
            Vec::new()
        }))
    }

    /// Applies the logs that no segment has.
    fn replay(
        &mut self,
        logs: &mut Vec<u64>,
        kept: &mut Kept,
        is_sound: bool,
    ) -> Result<(), OpenError> {
        let is_done = |log: &u64| *log <= kept.flushed;
        for log in logs.extract_if(.., |log| is_done(log)) {
            let name = names::log(log);
            let is_log = match Head::decode(&self.read_head(&name)?) {
                Err(HeadError::UnknownVersion(version)) => {
                    return Err(OpenError::UnknownVersion { name, version });
                }
                Err(error) => error == HeadError::Missing,
                Ok(head) => head.number == log,
            };
            self.retire(&name, is_log && is_sound)?;
        }
        let mut next = kept.flushed + 1;
        for &log in &*logs {
            if log > next && (next > 1 || !self.expires) {
                self.findings.add(Finding::missing_logs(next, log - 1));
            }
            self.replay_log(log, logs.last() == Some(&log), kept)?;
            next = log + 1;
        }
        kept.logs.extend(&*logs);
        kept.next_log = next;
        self.remove_empty();
        Ok(())
    }

    fn replay_log(&mut self, number: u64, is_last: bool, kept: &mut Kept) -> Result<(), OpenError> {
        let name = names::log(number);
        let file = self.disk().files.open(&name)?;
        let mut head = [0; Head::LENGTH];
        let length = file.read_at(&mut head, 0)?;
        let Head { start, salt, .. } = match Head::decode(&head[..length]) {
            Ok(head) if head.number == number => head,
            // It was made just before the end, so no record was written to it.
            Err(HeadError::Missing) if is_last && is_zero(&file)? => return Ok(()),
            Err(HeadError::UnknownVersion(version)) => {
                return Err(OpenError::UnknownVersion { name, version });
            }
            wrong => {
                let what = wrong.map_or_else(|error| error.to_string(), renamed);
                self.findings.add(Finding::new(&name, what));
                kept.damaged_logs.push(number);
                return Ok(());
            }
        };
        if file.length()? % BLOCK != 0 {
            self.findings
                .add(Finding::new(&name, "it was cut; its last puts may be lost".to_owned()));
        }
        self.disk().writer().writer.replay(number, start);
        self.replay_frames(number, Frames::new(&file, salt)?, kept)?;
        self.disk().writer().writer.note_unsynced(number, file);
        Ok(())
    }

    fn replay_frames(
        &mut self,
        number: u64,
        mut frames: Frames<'_, F::File>,
        kept: &mut Kept,
    ) -> Result<(), OpenError> {
        let (mut decoder, mut keys) = (Decoder::default(), HashMap::new());
        let end = loop {
            match frames.next()? {
                Next::Frame(records) => {
                    if let Err(wrong) = self.apply(records, &mut decoder, &mut keys)? {
                        break Err(wrong);
                    }
                }
                Next::End(end) => break Ok(end),
            }
            self.disk().writer().writer.skip();
        };
        let what = match end {
            Ok(End::Clean { .. }) => return Ok(()),
            Ok(end) => end.to_string(),
            Err(wrong) => wrong.to_string(),
        };
        if !matches!(end, Ok(End::Torn { .. })) {
            kept.damaged_logs.push(number);
        }
        self.findings.add(Finding::new(&names::log(number), what));
        Ok(())
    }

    /// Applies the records of a frame, up to the first malformed one.
    fn apply(
        &mut self,
        mut records: &[u8],
        decoder: &mut Decoder,
        keys: &mut HashMap<u32, Box<[u8]>>,
    ) -> io::Result<Result<(), Malformed>> {
        loop {
            let record = match decoder.next(&mut records) {
                Ok(Some(record)) => record,
                Ok(None) => return Ok(Ok(())),
                Err(malformed) => return Ok(Err(malformed)),
            };
            let (Record::Key { series, .. }
            | Record::Put { series, .. }
            | Record::Remove { series }) = record;
            match (record, keys.get(&series)) {
                (Record::Key { key, .. }, _) => _ = keys.insert(series, key.as_bytes().into()),
                (Record::Put { sample, .. }, Some(key)) => self.put(key, sample)?,
                // It cannot be refused, since replaying always has room.
                (Record::Remove { .. }, Some(key)) => _ = self.table.remove_series(key),
                (_, None) => return Ok(Err(Malformed)),
            }
        }
    }

    /// Puts a sample again, whatever the bound on series is now.
    fn put(&mut self, key: &[u8], sample: Sample) -> io::Result<()> {
        let Ok(name) = Key::from_bytes(key) else { return Ok(()) };
        loop {
            // The batch must be gone before anything else is done: it holds a lock.
            let put = self.table.batch().put(name, sample);
            match put {
                Err(Refused::TableFull) => self.table.restore(key, |_| ()),
                Err(Refused::NotYet) => self.load(key, sample.timestamp())?,
                _ => return Ok(()),
            }
        }
    }

    /// Loads the run that a late sample belongs to.
    fn load(&mut self, key: &[u8], timestamp: i64) -> io::Result<()> {
        let Some(run) = self.table.run_of(key, timestamp) else { return Ok(()) };
        let samples = match &run {
            Run::Flushing(flushing) => flushing.samples(),
            Run::Stored(stored) => self.read(stored, key)?,
        };
        load(self.table, key, &run, &samples);
        Ok(())
    }

    /// Removes series without samples: their last puts were not written.
    fn remove_empty(&self) {
        let mut empty = Vec::new();
        each_series(self.table, |parts| {
            if parts.samples() == 0 {
                empty.push(Box::<[u8]>::from(parts.key()));
            }
        });
        for key in empty {
            // It cannot be refused, since replaying always has room.
            let _ = self.table.remove_series(&key);
        }
    }
}

/// The totals after a segment.
fn after(before: Totals, contents: Contents, bytes: u64) -> Totals {
    Totals { samples: before.samples + contents.samples, bytes: before.bytes + bytes }
}

fn less(totals: Totals, before: Totals) -> Totals {
    Totals {
        samples: totals.samples.saturating_sub(before.samples),
        bytes: totals.bytes.saturating_sub(before.bytes),
    }
}

/// The length of a log is a multiple of this.
const BLOCK: u64 = 4_096;

/// Returns whether a log without a head has nothing else either.
fn is_zero(file: &impl File) -> io::Result<bool> {
    Ok(matches!(Frames::new(file, 0)?.next()?, Next::End(End::Clean { .. })))
}

fn renamed(Head { number, .. }: Head) -> String {
    format!("it was renamed, it is {}", names::log(number))
}

/// Starts a new log. On a full disk there is none until there is room.
fn begin_log<F: Files>(table: &MemoryStore<Disk<F>>, kept: &mut Kept, settings: &Settings) {
    let disk = table.backing();
    let made = make_log(&disk.files, kept.next_log, (settings.clock)(), settings.log_bytes);
    let mut writing = disk.writer();
    match made {
        Ok(log) => {
            kept.logs.push(kept.next_log);
            kept.next_log += 1;
            writing.writer.rotate(log);
        }
        Err(error) => writing.writer.fail(&error),
    }
    disk.replaying.store(false, Relaxed);
}

/// Encodes what is not in a segment.
fn seal(piece: Piece, chunk: usize) -> Vec<Sealed<Run>> {
    match piece {
        Piece::Stored(stored) => vec![Sealed::There(Run::Stored(stored))],
        Piece::Samples(_, samples) => samples.chunks(chunk).map(Sealed::new).collect(),
    }
}
