//! Merging: small segments that follow each other become one, and their runs long ones.

use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Arc, PoisonError};

use metric_chunk::MAX_SAMPLES;
use metric_memory::{Parts, Sealed};
use metric_proto::Sample;

use crate::disk::Disk;
use crate::expire::stored;
use crate::findings::Finding;
use crate::join::{Joined, Part};
use crate::keep::create;
use crate::run::{Run, Stored};
use crate::segment::{self, Entry, Index, Numbers};
use crate::segments::SegmentFile;
use crate::table::{each_series, load};
use crate::union::{Keys, Piece, Union};
use crate::{DiskStore, File, Files, names};

/// Held by whoever merges segments or removes the oldest of them.
#[derive(Debug, Default)]
pub(crate) struct Merging {
    /// When segments may be merged again after that failed, in seconds since 1970.
    after: u32,
}

/// A merge that failed is tried again after so many seconds: it reads and writes a lot.
const MERGE_AGAIN: u32 = 600;

/// How many segments are merged if memory is short. With two, no one of which has more than half of
/// all bytes, they would have to be of the same length.
const SHORT: usize = 3;

/// A segment and its number.
type Numbered<F> = (u32, Arc<SegmentFile<F>>);

impl<F: Files> DiskStore<F> {
    /// Merges segments as long as that is due, unless it failed a short time ago. That may take long;
    /// other threads may put, flush and read meanwhile.
    ///
    /// # Errors
    ///
    /// If files cannot be read or written. No sample is lost by that.
    pub fn merge(&self) -> io::Result<()> {
        self.merge_until(&AtomicBool::new(false))
    }

    /// The same, but ends early when it is stopped.
    pub(crate) fn merge_until(&self, stopped: &AtomicBool) -> io::Result<()> {
        let mut merging = self.merging.lock().unwrap_or_else(PoisonError::into_inner);
        let now = (self.settings.clock)();
        // A clock that was set back must not end merging for long.
        if now < merging.after && merging.after - now <= MERGE_AGAIN {
            return Ok(());
        }
        let goes_on = || !stopped.load(Relaxed) && !self.gives_way.load(Relaxed);
        while goes_on()
            && let Some((merged, is_first)) = self.due_merge()?
        {
            let done = self.merge_some(&merged, is_first, &goes_on);
            done.inspect_err(|_| merging.after = now.saturating_add(MERGE_AGAIN))?;
        }
        Ok(())
    }

    /// Returns segments that are due to be merged, and whether none is older: neighbours of which
    /// none has more than half of all bytes, so that each byte is seldom merged again.
    #[expect(clippy::type_complexity, reason = "it is split at once")]
    fn due_merge(&self) -> io::Result<Option<(Vec<Numbered<F::File>>, bool)>> {
        let mut all = self.disk().segments.all();
        // A flush, which goes on meanwhile, needs room, too.
        let available = self.disk().files.available()?.saturating_sub(2 * self.settings.log_bytes);
        let total = all.iter().map(|(_, segment)| segment.bytes).sum();
        let most = self.settings.segment_bytes(total).min(available);
        let width = self.merge_width();
        let bytes = |(_, segment): &Numbered<F::File>| segment.bytes;
        let is_due = |window: &[Numbered<F::File>]| {
            let total: u64 = window.iter().map(bytes).sum();
            let largest = window.iter().map(bytes).max().unwrap_or(0);
            let samples: u64 = window.iter().map(|(_, segment)| segment.samples).sum();
            let is_due = total <= most && 2 * largest <= total;
            (is_due && samples <= self.settings.segment_samples()).then_some(total)
        };
        let due = all.windows(width).map(is_due).enumerate();
        let due = due.filter_map(|(first, total)| Some((total?, first))).min();
        let Some((_, first)) = due else { return Ok(None) };
        all.truncate(first + width);
        Ok(Some((all.split_off(first), first == 0)))
    }

    /// How many segments are merged to one. Fewer if memory is short, since each series has a place in
    /// memory for each segment that it is in.
    fn merge_width(&self) -> usize {
        let width = self.settings.merge_width;
        if self.table.is_full() { width.min(SHORT) } else { width }
    }

    /// Merges segments to one. Nothing has changed if it must not go on.
    fn merge_some(
        &self,
        merged: &[Numbered<F::File>],
        is_first: bool,
        goes_on: &impl Fn() -> bool,
    ) -> io::Result<()> {
        let [(_, first), .., (_, last)] = merged else { return Ok(()) };
        let numbers = Numbers { first: first.numbers.first, last: last.numbers.last };
        let temporary = names::temporary(&numbers.to_string());
        let file = create(&self.disk().files, &temporary)?;
        let written = self.write_merged((merged, is_first), (&file, numbers), goes_on);
        let published = written.and_then(|is_whole| {
            if !is_whole {
                return Ok(None);
            }
            let samples = Index::open(&file, numbers)?.samples();
            self.publish(&file, numbers).map(|()| Some(samples))
        });
        if !matches!(published, Ok(Some(_))) {
            let _ = self.disk().files.remove(&temporary);
            let _ = self.disk().files.remove(&numbers.to_string());
        }
        let Some(samples) = published? else { return Ok(()) };
        let id = self.add_segment(file, numbers, first.before, samples)?;
        self.settle_merged(id, merged)?;
        merged.iter().try_for_each(|(id, _)| self.remove_segment(*id))
    }

    /// Writes what is merged. Returns whether that is all of it. In memory it has the index of what is
    /// written, a part of each index of what is merged, and a run or two.
    fn write_merged(
        &self,
        (merged, is_first): (&[Numbered<F::File>], bool),
        (file, numbers): (&F::File, Numbers),
        goes_on: &impl Fn() -> bool,
    ) -> io::Result<bool> {
        let all = merged.iter().map(index_of).collect::<io::Result<Vec<_>>>()?;
        let entries = all.iter().map(|(id, index)| Ok((*id, index.entries()?)));
        let entries = entries.collect::<io::Result<Vec<_>>>()?;
        let before = merged.first().map(|(_, segment)| segment.before).unwrap_or_default();
        let mut segment = segment::Writer::new(file, numbers, before, self.kept().oldest);
        for found in Keys::new(entries.into_iter()) {
            if !goes_on() {
                return Ok(false);
            }
            self.merge_series(&mut segment, &found?, is_first)?;
        }
        segment.finish().map(|_| true)
    }

    /// Writes what segments have of one series.
    fn merge_series(
        &self,
        segment: &mut segment::Writer<'_, F::File>,
        merged: &[(u32, Entry)],
        is_first: bool,
    ) -> io::Result<()> {
        let Some((_, Entry { key, .. })) = merged.first() else { return Ok(()) };
        let mut union = Union::default();
        for (id, entry) in merged {
            union.add(*id, entry, |stored| self.read_whole(stored))?;
        }
        let removed = union.removed && !is_first;
        if union.pieces.is_empty() && !removed {
            return Ok(());
        }
        segment.key(key, union.last_arrival);
        if removed {
            segment.remove(union.last_arrival)?;
        }
        let neighbours = self.neighbours(key, merged);
        let mut joined = Joined::new(segment, &self.settings);
        let mut before = None;
        for piece in union.pieces {
            let (arrival, place) = (piece.arrival(), place(&piece));
            let is_next = before.zip(place).is_some_and(|pair| neighbours.contains(&pair));
            if !is_next {
                joined.write_all()?;
            }
            joined.add(arrival, self.part(piece)?)?;
            before = place;
        }
        joined.write_all()
    }

    /// Returns the runs of a series that are merged and follow each other in the table. Only these
    /// are joined: between others an older segment may have samples, which the joined run would
    /// replace. What the table has between two runs stays there until a segment or a log has it.
    fn neighbours(&self, key: &[u8], merged: &[(u32, Entry)]) -> BTreeSet<(At, At)> {
        let is_merged = |stored: &Stored| merged.iter().any(|(id, _)| *id == stored.segment);
        let place = |chunk: &Sealed<Run>| match chunk {
            Sealed::There(Run::Stored(stored)) => is_merged(stored).then_some(at(stored)),
            _ => None,
        };
        let found = self.table.parts(key, |mut parts| {
            parts.close();
            let chunks = parts.sealed().into_iter().flatten();
            let pairs = chunks.clone().zip(chunks.skip(1));
            pairs.filter_map(|(one, next)| place(one).zip(place(next))).collect()
        });
        found.unwrap_or_default()
    }

    /// Reads a piece. The chunks of a long run are taken as they are.
    fn part(&self, piece: Piece) -> io::Result<Part> {
        let stored = match piece {
            Piece::Samples(_, samples) => return Ok(Part::of(samples)),
            Piece::Stored(stored) => stored,
        };
        let is_long = stored.is_whole() && usize::from(stored.run.count) >= 2 * MAX_SAMPLES;
        if is_long && let Some(chunks) = self.disk().segments.try_read_chunks(&stored)? {
            let run = stored.run;
            return Ok(Part::encoded((run.first, run.last), chunks));
        }
        Ok(Part::of(self.read_whole(&stored)?))
    }

    /// Reads a run. A damaged one has no samples; it is told where it leaves the table.
    fn read_whole(&self, stored: &Stored) -> io::Result<Vec<Sample>> {
        Ok(self.disk().segments.try_read(stored)?.unwrap_or_default())
    }

    /// Points the series to the merged segment.
    fn settle_merged(&self, id: u32, merged: &[Numbered<F::File>]) -> io::Result<()> {
        let is_merged = |stored: &Stored| merged.iter().any(|(id, _)| *id == stored.segment);
        let segment = self.disk().segments.get(id).ok_or(io::ErrorKind::NotFound)?;
        for entry in Index::open(&segment.file, segment.numbers)?.entries()? {
            let entry = entry?;
            self.table.parts(&entry.key, |parts| settle(parts, &entry, id, is_merged));
        }
        // What is left of the merged segments differs from what is in memory, so it is loaded.
        let mut left = Vec::new();
        each_series(&self.table, |parts| {
            let runs = stored(&parts).filter(is_merged);
            left.extend(runs.map(|stored| (Box::<[u8]>::from(parts.key()), stored)));
        });
        for (key, stored) in left {
            let samples = self.disk().segments.try_read(&stored)?;
            let is_damaged = samples.is_none();
            let samples = samples.unwrap_or_default();
            if load(&self.table, &key, &Run::Stored(stored), &samples) && is_damaged {
                log::error!("{}", Finding::run(&stored, &key));
                self.counts.damaged.fetch_add(stored.live.into(), Relaxed);
            }
        }
        Ok(())
    }
}

fn index_of<F: File>((id, segment): &Numbered<F>) -> io::Result<(u32, Index<'_, F>)> {
    Ok((*id, Index::open(&segment.file, segment.numbers)?))
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

/// Where a run is: its segment and its offset there.
type At = (u32, u64);

fn at(stored: &Stored) -> At {
    (stored.segment, stored.run.offset)
}

/// Returns where a piece is, if it is in a segment.
fn place(piece: &Piece) -> Option<At> {
    match piece {
        Piece::Stored(stored) => Some(at(stored)),
        Piece::Samples(..) => None,
    }
}
