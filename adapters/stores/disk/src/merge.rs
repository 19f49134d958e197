//! Merging: small segments that follow each other become one, and their runs long ones.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use metric_chunk::{Chunk, MAX_SAMPLES, encode};
use metric_memory::{Parts, Sealed};
use metric_proto::Sample;

use crate::disk::Disk;
use crate::expire::stored;
use crate::findings::Finding;
use crate::keep::{Kept, create};
use crate::run::{Run, Stored};
use crate::segment::{self, Entry, Numbers, Segment};
use crate::segments::SegmentFile;
use crate::settings::Settings;
use crate::table::{each_series, load};
use crate::union::{Keys, Piece, Union};
use crate::{DiskStore, File, Files, names};

/// A segment and its number.
type Numbered<F> = (u32, Arc<SegmentFile<F>>);

impl<F: Files> DiskStore<F> {
    /// Merges segments as long as that is due.
    pub(crate) fn merge_all(&self) -> io::Result<()> {
        let kept = &mut *self.kept();
        while let Some((older, merged)) = self.due_merge()? {
            self.merge(kept, &older, &merged)?;
        }
        Ok(())
    }

    /// Returns segments that are due to be merged, after all that are older: neighbours of which
    /// none has more than half of all bytes, so that each byte is seldom merged again.
    #[expect(clippy::type_complexity, reason = "it is split at once")]
    fn due_merge(&self) -> io::Result<Option<(Vec<Numbered<F::File>>, Vec<Numbered<F::File>>)>> {
        let mut all = self.disk().segments.all();
        let most = self.settings.segment_bytes().min(self.disk().files.available()?);
        let width = self.settings.merge_width;
        let bytes = |(_, segment): &Numbered<F::File>| segment.bytes;
        let is_due = |window: &[Numbered<F::File>]| {
            let total: u64 = window.iter().map(bytes).sum();
            let largest = window.iter().map(bytes).max().unwrap_or(0);
            (total <= most && 2 * largest <= total).then_some(total)
        };
        let due = all.windows(width).map(is_due).enumerate();
        let due = due.filter_map(|(first, total)| Some((total?, first))).min();
        let Some((_, first)) = due else { return Ok(None) };
        all.truncate(first + width);
        let merged = all.split_off(first);
        Ok(Some((all, merged)))
    }

    fn merge(
        &self,
        kept: &Kept,
        older: &[Numbered<F::File>],
        merged: &[Numbered<F::File>],
    ) -> io::Result<()> {
        let [(_, first), .., (_, last)] = merged else { return Ok(()) };
        let numbers = Numbers { first: first.numbers.first, last: last.numbers.last };
        let temporary = names::temporary(&numbers.to_string());
        let file = create(&self.disk().files, &temporary)?;
        let written = self.write_merged(kept, (older, merged), &file, numbers).and_then(|()| {
            let index = segment::read(&file, numbers).map_err(io::Error::other)?;
            self.publish(&file, numbers).map(|()| index)
        });
        let index = written.inspect_err(|_| {
            let _ = self.disk().files.remove(&temporary);
        })?;
        let id = self.add_segment(file, numbers, first.before, index.contents.samples)?;
        self.settle_merged(&index, id, merged)?;
        merged.iter().try_for_each(|(id, _)| self.remove_segment(*id))
    }

    #[expect(clippy::type_complexity, reason = "the two belong together")]
    fn write_merged(
        &self,
        kept: &Kept,
        (older, merged): (&[Numbered<F::File>], &[Numbered<F::File>]),
        file: &F::File,
        numbers: Numbers,
    ) -> io::Result<()> {
        let read = |(id, segment): &Numbered<F::File>| {
            let index = segment::read(&segment.file, segment.numbers);
            Ok((*id, index.map_err(io::Error::other)?))
        };
        let all = older.iter().chain(merged).map(read).collect::<io::Result<Vec<_>>>()?;
        let before = merged.first().map(|(_, segment)| segment.before).unwrap_or_default();
        let mut segment = segment::Writer::new(file, numbers, before, kept.oldest);
        let is_older = |id: u32| older.iter().any(|(older, _)| *older == id);
        for found in Keys::new(all.iter().map(|(id, segment)| (*id, segment.entries()))) {
            let (older, merged): (Vec<_>, Vec<_>) =
                found.into_iter().partition(|(id, _)| is_older(*id));
            self.merge_series(&mut segment, &older, &merged, is_first(&all, is_older))?;
        }
        segment.finish().map(|_| ())
    }

    /// Writes what segments have of one series. Older ones are not merged.
    fn merge_series(
        &self,
        segment: &mut segment::Writer<'_, F::File>,
        older: &[(u32, Entry)],
        merged: &[(u32, Entry)],
        is_first: bool,
    ) -> io::Result<()> {
        let Some((_, entry)) = merged.first() else { return Ok(()) };
        let mut union = Union::default();
        for (id, entry) in merged {
            union.add(*id, entry, |stored| self.read_whole(stored, &entry.key))?;
        }
        let removed = union.removed && !is_first;
        if union.pieces.is_empty() && !removed {
            return Ok(());
        }
        segment.key(&entry.key, union.last_arrival);
        if removed {
            segment.remove(union.last_arrival)?;
        }
        let mut joined = Joined::new(segment, older, &self.settings);
        for piece in union.pieces {
            let arrival = piece.arrival();
            joined.add(arrival, self.part(piece, &entry.key)?)?;
        }
        joined.write_all()
    }

    /// Reads a piece. The chunks of a long run are taken as they are.
    fn part(&self, piece: Piece, key: &[u8]) -> io::Result<Part> {
        let stored = match piece {
            Piece::Samples(_, samples) => return Ok(Part::of(samples)),
            Piece::Stored(stored) => stored,
        };
        let is_long = stored.is_whole() && usize::from(stored.run.count) >= 2 * MAX_SAMPLES;
        if is_long && let Some(chunks) = self.disk().segments.try_read_chunks(&stored)? {
            let run = stored.run;
            return Ok(Part { span: Some((run.first, run.last)), chunks, ..Part::default() });
        }
        Ok(Part::of(self.read_whole(&stored, key)?))
    }

    /// Reads a run; a damaged one has no samples, and is told.
    fn read_whole(&self, stored: &Stored, key: &[u8]) -> io::Result<Vec<Sample>> {
        let samples = self.disk().segments.try_read(stored)?;
        Ok(samples.unwrap_or_else(|| {
            log::error!("{}", Finding::run(stored, key));
            self.counts.damaged.fetch_add(stored.live.into(), Relaxed);
            Vec::new()
        }))
    }

    /// Points the series to the merged segment.
    fn settle_merged(
        &self,
        index: &Segment,
        id: u32,
        merged: &[Numbered<F::File>],
    ) -> io::Result<()> {
        let is_merged = |stored: &Stored| merged.iter().any(|(id, _)| *id == stored.segment);
        for entry in index.entries() {
            self.table.parts(&entry.key, |parts| settle(parts, &entry, id, is_merged));
        }
        // What is left of the merged segments differs from what is in memory, so it is loaded.
        let mut left = Vec::new();
        each_series(&self.table, |parts| {
            let runs = stored(&parts).map(|(_, stored)| stored).filter(is_merged);
            left.extend(runs.map(|stored| (Box::<[u8]>::from(parts.key()), stored)));
        });
        for (key, stored) in left {
            let samples = self.disk().segments.try_read(&stored)?.unwrap_or_default();
            load(&self.table, &key, &Run::Stored(stored), &samples);
        }
        Ok(())
    }
}

/// Replaces the runs of a series that one run was merged from, if it has just these.
fn settle<F: Files>(
    mut parts: Parts<'_, Disk<F>>,
    entry: &Entry,
    id: u32,
    is_merged: impl Fn(&Stored) -> bool,
) {
    parts.close();
    for run in &entry.runs {
        let Some(sealed) = parts.sealed() else { return };
        let start = sealed.partition_point(|chunk| chunk.first() < run.first);
        let end = sealed.partition_point(|chunk| chunk.first() <= run.last);
        let is_from = |chunk: &Sealed<Run>| match chunk {
            Sealed::There(Run::Stored(stored)) => is_merged(stored).then_some(stored.live),
            _ => None,
        };
        let lives: Option<Vec<_>> = sealed.range(start..end).map(is_from).collect();
        let Some(lives) = lives else { continue };
        let live = lives.into_iter().map(usize::from).sum::<usize>();
        let begins = sealed.get(start).is_some_and(|chunk| chunk.first() == run.first);
        let head = parts.head().first().map(|first| first.timestamp());
        let without = usize::from(head == Some(run.last));
        if begins && usize::from(run.count) == live + without {
            let merged = Stored { live: live as u16, ..Stored::new(id, *run) };
            parts.replace(start..end, [Sealed::There(Run::Stored(merged))]);
        }
    }
}

/// Samples in order, encoded ones before others.
#[derive(Default)]
struct Part {
    /// The first and the last timestamp, if there are any samples.
    span: Option<(i64, i64)>,
    chunks: Vec<Box<[u8]>>,
    samples: Vec<Sample>,
}

impl Part {
    fn of(samples: Vec<Sample>) -> Self {
        let ends = samples.first().zip(samples.last());
        let span = ends.map(|(first, last)| (first.timestamp(), last.timestamp()));
        Self { span, chunks: Vec::new(), samples }
    }

    /// Returns the number of samples.
    fn count(&self) -> usize {
        let encoded = self.chunks.iter().filter_map(|chunk| Chunk::new(chunk).ok());
        encoded.map(|chunk| chunk.len()).sum::<usize>() + self.samples.len()
    }

    /// Adds samples that are newer.
    fn add(&mut self, newer: Self) {
        if !newer.chunks.is_empty() {
            self.encode();
            self.chunks.extend(newer.chunks);
        }
        self.samples.extend(newer.samples);
        let ends = self.span.or(newer.span).zip(newer.span);
        self.span = ends.map(|(before, newer)| (before.0, newer.1)).or(self.span);
    }

    fn encode(&mut self) {
        let chunks = self.samples.chunks(MAX_SAMPLES).map(|samples| encode(samples).into());
        self.chunks.extend(chunks);
        self.samples.clear();
    }
}

/// Joins runs to long ones and writes them.
struct Joined<'a, 'f, F> {
    segment: &'a mut segment::Writer<'f, F>,
    /// What older segments have, so no run may lie over it.
    older: Vec<segment::Run>,
    run_samples: usize,
    run_seconds: u32,
    arrival: u32,
    part: Part,
}

impl<'a, 'f, F: File> Joined<'a, 'f, F> {
    fn new(
        segment: &'a mut segment::Writer<'f, F>,
        older: &[(u32, Entry)],
        settings: &Settings,
    ) -> Self {
        let older = older.iter().flat_map(|(_, entry)| entry.runs.iter().copied()).collect();
        let (run_samples, run_seconds) = (settings.run_samples, settings.run_seconds());
        Self { segment, older, run_samples, run_seconds, arrival: 0, part: Part::default() }
    }

    /// Adds samples that are newer than those before.
    fn add(&mut self, arrival: u32, newer: Part) -> io::Result<()> {
        let ends = self.part.span.zip(newer.span);
        let is_apart = ends.is_some_and(|((_, last), (first, _))| {
            self.older.iter().any(|run| last < run.last && run.first < first)
        });
        // Runs are never split, since what is in memory refers to whole ones.
        let is_full = self.part.count() + newer.count() > self.run_samples;
        if is_apart || is_full || self.arrival.abs_diff(arrival) > self.run_seconds {
            self.write_all()?;
        }
        let is_first = self.part.span.is_none();
        self.arrival = if is_first { arrival } else { self.arrival.min(arrival) };
        self.part.add(newer);
        Ok(())
    }

    fn write_all(&mut self) -> io::Result<()> {
        let mut part = std::mem::take(&mut self.part);
        part.encode();
        if part.chunks.is_empty() {
            return Ok(());
        }
        self.segment.run(self.arrival, &part.chunks).map(|_| ())
    }
}

/// Whether none of the segments is older.
fn is_first(all: &[(u32, Segment)], is_older: impl Fn(u32) -> bool) -> bool {
    !all.iter().any(|(id, _)| is_older(*id))
}
