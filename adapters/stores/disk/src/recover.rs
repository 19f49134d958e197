//! Opening a directory: what its segments and logs hold goes to the table.
//!
//! Only temporary files are deleted. What cannot be read is set aside and told.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use metric_memory::{MemoryStore, Sealed};
use metric_proto::{Key, Refused, Sample, StoreCounters};

use crate::disk::Disk;
use crate::findings::{Finding, Findings, OpenError};
use crate::frames::{End, Frames, Next};
use crate::head::{Head, HeadError};
use crate::keep::{Kept, make_log};
use crate::names::{self, Kind};
use crate::progress::Progress;
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
        let mut recovery =
            Recovery { table: &table, findings: Findings::default(), progress: Progress::begin() };
        let segments = recovery.read_segments(&listed.segments)?;
        let mut kept = recovery.kept(&segments, settings.clock);
        recovery.restore(&segments)?;
        drop(segments);
        recovery.replay(&mut listed.logs, &mut kept)?;
        let Recovery { findings, progress, .. } = recovery;
        let StoreCounters { samples, series, .. } = table.count();
        progress.end(samples, series, findings.iter().count());
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
                Kind::SetAside | Kind::Lock | Kind::Other => {}
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
    progress: Progress,
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
            self.progress.tell(format_args!("segment {} of {}", read.len() + 1, listed.len()));
            let name = numbers.to_string();
            if numbers.last <= end {
                self.disk().files.remove(&name)?;
            } else if numbers.first <= end {
                self.set_aside(&name, "it overlaps another segment".to_owned())?;
            } else if let Some(segment) = self.read_segment(numbers)? {
                read.push(segment);
                end = numbers.last;
            }
        }
        self.find_gaps(&read);
        self.progress.segments = read.len();
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
        let (bytes, samples) = (file.length()?, segment.contents.samples);
        let before = segment.before.unwrap_or_default();
        let id = self.disk().segments.add(SegmentFile { numbers, file, bytes, samples, before });
        Ok(Some((id, segment)))
    }

    fn set_aside(&mut self, name: &str, why: String) -> io::Result<()> {
        let aside = names::set_aside(name);
        self.disk().files.rename(name, &aside)?;
        self.findings.add(Finding::new(name, format!("{why}; it is set aside as {aside}")));
        Ok(())
    }

    /// Tells which segments are missing. Their numbers have no gaps.
    fn find_gaps(&mut self, segments: &[(u32, Segment)]) {
        let oldest = segments.iter().rev().find_map(|(_, segment)| segment.oldest);
        let mut next = oldest.unwrap_or(1).max(1);
        let mut totals = None;
        for (id, segment) in segments {
            let Some(file) = self.disk().segments.get(*id) else { continue };
            if file.numbers.first > next {
                let missing = Numbers { first: next, last: file.numbers.first - 1 };
                let lost = segment.before.zip(totals).map(|(now, then)| now.less(then));
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
            expired: 0,
        }
    }

    /// Adds what segments have to the table.
    fn restore(&mut self, segments: &[(u32, Segment)]) -> io::Result<()> {
        let entries = segments.iter().map(|(id, segment)| (*id, segment.entries()));
        for (number, found) in Keys::new(entries).enumerate() {
            self.progress.tell(format_args!("series {}", number + 1));
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
    fn replay(&mut self, logs: &mut Vec<u64>, kept: &mut Kept) -> Result<(), OpenError> {
        let is_done = |log: &u64| *log <= kept.flushed;
        for log in logs.extract_if(.., |log| is_done(log)) {
            self.disk().files.remove(&names::log(log))?;
        }
        let mut next = kept.flushed + 1;
        for &log in &*logs {
            if log > next && (next > 1 || kept.flushed > 0) {
                self.findings.add(Finding::missing_logs(next, log - 1));
            }
            self.replay_log(log, kept)?;
            next = log + 1;
        }
        kept.logs.extend(&*logs);
        kept.next_log = next;
        self.remove_empty();
        Ok(())
    }

    fn replay_log(&mut self, number: u64, kept: &mut Kept) -> Result<(), OpenError> {
        let name = names::log(number);
        let file = self.disk().files.open(&name)?;
        let mut head = [0; Head::LENGTH];
        let length = file.read_at(&mut head, 0)?;
        let Head { start, salt, .. } = match Head::decode(&head[..length]) {
            Ok(head) if head.number == number => head,
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
        self.disk().writer().writer.replay(number, start);
        self.progress.logs += 1;
        self.replay_frames(number, Frames::new(&file, salt)?, kept)
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
            let puts = self.progress.puts;
            self.progress.tell(format_args!("log {number}, {puts} puts so far"));
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
                (Record::Put { sample, .. }, Some(key)) => {
                    self.progress.puts += 1;
                    self.put(key, sample)?;
                }
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

/// Says that a log has another number than its name.
pub(crate) fn renamed(Head { number, .. }: Head) -> String {
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
