//! Opening a directory: what its segments and logs hold goes to the table.
//!
//! Only temporary files are deleted, and what a newer file has. What cannot be read is set aside and told.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::Duration;

use metric_memory::{MemoryStore, Sealed};
use metric_proto::{Sample, StoreCounters};

use crate::chain::Chain;
use crate::claim::{self, is_temporary};
use crate::disk::Disk;
use crate::findings::{Finding, Findings, OpenError};
use crate::head::Head;
use crate::keep::{Kept, make_log};
use crate::log_file::Mark;
use crate::missing::{Broken, Census};
use crate::names::{self, Kind};
use crate::progress::Progress;
use crate::run::{Run, Stored};
use crate::segment::{self, Numbers, Segment, Totals, Unreadable};
use crate::segments::SegmentFile;
use crate::settings::Settings;
use crate::union::{Keys, Piece, Union};
use crate::unit::{check_unit, note_unit, warn_of_unknown};
use crate::writer::Writer;
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
        claim::check(&files)?;
        let lock = lock(&files)?;
        check_unit(&files, settings.unit)?;
        let listed = Listed::new(&files)?;
        let backing = Disk::new(files, Writer::new(settings.run_seconds()));
        let Settings { layout, max_series, max_samples, max_memory, .. } = settings;
        let table = MemoryStore::with_backing(layout, max_series, max_samples, backing);
        let table = table.with_max_memory(max_memory);
        let (findings, progress) = (Findings::default(), Progress::begin());
        let census = Census::default();
        let mut recovery = Recovery { table: &table, findings, progress, census };
        let segments = recovery.read_segments(&listed.segments)?;
        let Recovery { census, .. } = &recovery;
        let missing = [census.lost(&listed.chain), census.missing(&listed.chain)].concat();
        missing.into_iter().for_each(|finding| recovery.findings.add(finding));
        let mut kept = recovery.kept(&listed.chain, &segments, settings.clock);
        recovery.restore(&segments)?;
        // The newest segment is of the logs that are left.
        let is_sound = segments.last().is_none_or(|(_, segment)| segment.damage.is_none());
        drop(segments);
        recovery.replay(listed.logs, &mut kept, is_sound)?;
        let Recovery { findings, progress, .. } = recovery;
        let StoreCounters { samples, series, .. } = table.count();
        progress.end(samples, series, findings.iter().count());
        if samples > 0 {
            warn_of_unknown(&table.backing().files, settings.unit)?;
        }
        begin_log(&table, &mut kept, &settings);
        Ok((Arc::new(Self::new(table, settings, kept, lock)), findings))
    }
}

/// Locks a directory. A process that was just killed may hold it until the system has freed its
/// memory, so it is tried for a second.
fn lock<F: Files>(files: &F) -> Result<F::Lock, OpenError> {
    let mut tries = 20;
    loop {
        match files.lock().map_err(OpenError::locked) {
            Err(OpenError::Locked) if tries > 1 => tries -= 1,
            locked => return locked,
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The files in a directory.
struct Listed {
    chain: Chain,
    segments: Vec<Numbers>,
    logs: Vec<u64>,
}

impl Listed {
    /// Lists a directory, and removes temporary files that a store has left.
    fn new(files: &impl Files) -> io::Result<Self> {
        let names = files.list()?;
        let chain = Chain::new(names.iter().map(|(name, _)| name.as_str()));
        let mut listed = Self { chain, segments: Vec::new(), logs: Vec::new() };
        for (name, _) in names {
            match names::kind(&name) {
                Kind::Log(number) => listed.logs.push(number),
                Kind::Segment(numbers) => listed.segments.push(numbers),
                Kind::Temporary if is_temporary(files, &name)? => files.remove(&name)?,
                _ => {}
            }
        }
        Numbers::sort(&mut listed.segments);
        listed.logs.sort_unstable();
        Ok(listed)
    }
}

/// A directory that is being opened.
pub(crate) struct Recovery<'a, F: Files> {
    pub(crate) table: &'a MemoryStore<Disk<F>>,
    pub(crate) findings: Findings,
    pub(crate) progress: Progress,
    census: Census,
}

impl<F: Files> Recovery<'_, F> {
    pub(crate) fn disk(&self) -> &Disk<F> {
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
                let newer = read.last().is_some_and(|(_, newer)| newer.damage.is_none());
                let head = self.read_head(&name)?;
                self.retire(&name, newer && segment::is_of(&head, numbers))?;
            } else if let Some(segment) =
                self.read_segment(numbers).map_err(|error| error.of_file(&name))?
            {
                // It may overlap the one before: a merge failed after that was published, and later
                // merges did not have it. What both have is the same.
                read.push(segment);
                end = numbers.last;
            }
        }
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
            Err(Unreadable::Io(error)) => return Err(error.into()),
            Err(error) => {
                let (bytes, left) = (file.length()?, Totals::default());
                let (what, fate) = (error.to_string(), self.move_aside(&name)?);
                self.census.note_broken(Broken { numbers, what, left, bytes, fate });
                return Ok(None);
            }
        };
        let bytes = file.length()?;
        self.census.add(numbers, &segment, bytes);
        if let Some(damage) = self.census.note_damage(numbers, &segment, bytes) {
            self.findings.add(damage);
        }
        let samples = segment.contents.samples;
        let before = segment.before.unwrap_or_default();
        let id = self.disk().segments.add(SegmentFile { numbers, file, bytes, samples, before });
        Ok(Some((id, segment)))
    }

    /// Removes a file that a newer one replaces. If one of both is damaged, or this is another file than its
    /// name says, it is set aside.
    pub(crate) fn retire(&mut self, name: &str, is_replaced: bool) -> io::Result<()> {
        match is_replaced {
            true => self.disk().files.remove(name),
            false => self.set_aside(
                name,
                "it is damaged or not what its name says, or what replaces it is damaged"
                    .to_owned(),
            ),
        }
    }

    pub(crate) fn read_head(&self, name: &str) -> io::Result<Vec<u8>> {
        let mut head = vec![0; Head::LENGTH];
        let length = self.disk().files.open(name)?.read_at(&mut head, 0)?;
        head.truncate(length);
        Ok(head)
    }

    pub(crate) fn set_aside(&mut self, name: &str, why: String) -> io::Result<()> {
        let fate = self.move_aside(name)?;
        self.findings.add(Finding::new(name, format!("{why}{fate}")));
        Ok(())
    }

    /// Sets a file aside; returns how to tell that.
    fn move_aside(&self, name: &str) -> io::Result<String> {
        let files = &self.disk().files;
        let aside = names::set_aside(files, name)?;
        files.rename(name, &aside)?;
        Ok(format!("; it is set aside as {aside}"))
    }

    fn kept(&self, chain: &Chain, segments: &[(u32, Segment)], clock: fn() -> u32) -> Kept {
        let last = segments.last().and_then(|(id, _)| self.disk().segments.get(*id));
        // Where all files are lost, numbers go on behind those that a bound has removed: nobody would
        // miss files with smaller ones.
        let gone = if chain.newest() == 0 { chain.oldest.saturating_sub(1) } else { 0 };
        let flushed = last.map_or(gone, |segment| segment.numbers.last);
        let first = segments.first().and_then(|(id, _)| self.disk().segments.get(*id));
        Kept {
            flushed,
            left: 0,
            logs: Vec::new(),
            damaged_logs: Vec::new(),
            next_log: flushed + 1,
            totals: self.census.totals,
            oldest: first.map_or(flushed + 1, |segment| segment.numbers.first),
            ticket: 0,
            began: clock(),
            expired: 0,
        }
    }

    /// Adds what segments have to the table.
    fn restore(&mut self, segments: &[(u32, Segment)]) -> io::Result<()> {
        let entries = segments.iter().map(|(id, segment)| (*id, segment.entries().map(Ok)));
        for (number, found) in Keys::new(entries).enumerate() {
            let found = found?;
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
        let mark = Mark { log, number: 0, arrival, last: union.last_arrival, loose, apart: false };
        for piece in &union.pieces {
            if let Piece::Samples(arrival, samples) = piece {
                self.disk().loaded.add(key, samples, *arrival);
            }
        }
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
    pub(crate) fn read(&mut self, stored: &Stored, key: &[u8]) -> io::Result<Vec<Sample>> {
        let samples = self.disk().segments.try_read(stored)?;
        Ok(samples.unwrap_or_else(|| {
            self.findings.add(Finding::run(stored, key));
            Vec::new()
        }))
    }
}

/// Starts a new log. On a full disk there is none until there is room.
fn begin_log<F: Files>(table: &MemoryStore<Disk<F>>, kept: &mut Kept, settings: &Settings) {
    let disk = table.backing();
    let made = make_log(&disk.files, kept.next_log, (settings.clock)(), settings.log_bytes);
    let mut writing = disk.writer();
    // What was replayed last may still be there.
    writing.writer.skip();
    match made {
        Ok(log) => {
            kept.logs.push(kept.next_log);
            kept.next_log += 1;
            writing.writer.rotate(log);
            note_unit(&disk.files, settings.unit);
        }
        Err(error) => writing.writer.give_up(&error),
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
