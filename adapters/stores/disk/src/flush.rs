//! Flushing: what the logs hold goes to a segment, and the logs go.

use std::collections::BTreeSet;
use std::io;
use std::iter::Peekable;
use std::sync::Arc;

use crate::expire::ignore_gone;
use crate::gather::{Gathered, Pass, Written, gather, oldest, settle};
use crate::keep::{Kept, create};
use crate::segment::{self, Numbers};
use crate::table::{PAGE, each_series};
use crate::{DiskStore, File, Files, names};

impl<F: Files> DiskStore<F> {
    /// Writes what is in the logs to a segment, and removes the logs. Returns whether there was
    /// anything to write. With `shrink` it moves all it can from memory to the segment.
    ///
    /// # Errors
    ///
    /// If files cannot be written. Then nothing is lost, and another flush may succeed.
    pub fn flush(&self, shrink: bool) -> io::Result<bool> {
        let kept = &mut *self.kept();
        let Some(last) = self.close_logs(kept, shrink)? else { return Ok(false) };
        if last <= kept.flushed {
            return self.end_logs(kept, kept.flushed).map(|()| false);
        }
        let numbers = Numbers { first: kept.flushed + 1, last };
        self.write_segment(kept, numbers, shrink)?;
        self.end_logs(kept, last).map(|()| true)
    }

    /// Returns the number of the last log that has ended, unless segments hold all of these. If none
    /// has, it ends the current one, unless that has no records either.
    fn close_logs(&self, kept: &mut Kept, shrink: bool) -> io::Result<Option<u64>> {
        let made = self.make_spare(kept);
        let mut writing = self.disk().writer();
        let writer = &mut writing.writer;
        // On a full disk a log that has ended makes room for the next one.
        if writer.has_failed() || writer.log.number == kept.idle() + 1 {
            made?;
        }
        writer.write();
        if writer.has_failed() {
            return Ok(Some(writer.log.number));
        }
        if writer.log.number == kept.idle() + 1
            && (writer.has_records() || shrink)
            && let Some(spare) = writer.take_spare()
        {
            writer.rotate(spare);
        }
        let last = writer.log.number - 1;
        Ok((last > kept.idle()).then_some(last))
    }

    fn write_segment(&self, kept: &mut Kept, numbers: Numbers, shrink: bool) -> io::Result<()> {
        let now = (self.settings.clock)();
        let pass = Pass {
            flushed: kept.flushed,
            last: numbers.last,
            shrink,
            began: kept.began,
            now,
            run_samples: self.settings.run_samples,
            run_seconds: self.settings.run_seconds(),
        };
        kept.began = now;
        let temporary = names::temporary(&numbers.to_string());
        let file = create(&self.disk().files, &temporary)?;
        let mut segment = segment::Writer::new(&file, numbers, kept.totals, kept.oldest);
        let mut said = Said::default();
        let written = self.write_series(&mut segment, &mut kept.ticket, pass, &mut said);
        let published = written.and_then(|()| {
            let totals = segment.finish()?;
            self.sync_logs(numbers.last)?;
            self.publish(&file, numbers)?;
            Ok(totals)
        });
        let added = published.and_then(|totals| {
            let samples = totals.samples - kept.totals.samples;
            Ok((self.add_segment(file, numbers, kept.totals, samples)?, totals))
        });
        let (id, totals) = added.inspect_err(|_| {
            let _ = self.disk().files.remove(&temporary);
            let _ = self.disk().files.remove(&numbers.to_string());
            // The segment that succeeds must say that they were removed, and have what this one would have had.
            self.disk().writer().writer.removed.append(&mut said.removed);
            self.loosen(kept.flushed);
        })?;
        kept.totals = totals;
        each_series(&self.table, |parts| settle(parts, &said.written, id));
        Ok(())
    }

    /// Marks what no segment has, behind the last log that is in segments, as to be written.
    fn loosen(&self, flushed: u64) {
        each_series(&self.table, |mut parts| {
            let mark = parts.mark();
            mark.loose |= u64::from(mark.log) > flushed;
        });
    }

    /// Writes all series that have changed or were removed.
    fn write_series(
        &self,
        segment: &mut segment::Writer<'_, F::File>,
        ticket: &mut u64,
        pass: Pass,
        said: &mut Said,
    ) -> io::Result<()> {
        let now = (self.settings.clock)();
        let mut after: Option<Arc<[u8]>> = None;
        loop {
            let mut page = Vec::new();
            let last = self.table.visit_parts(after.as_deref(), PAGE, |parts| {
                let take = |key: &[u8]| self.disk().writer().writer.removed.remove(key);
                let loaded = |key: &[u8]| self.disk().loaded.take(key);
                page.extend(gather(parts, pass, ticket, loaded, take));
            });
            let removed = self.take_removed(after.as_deref(), last.as_deref(), &page);
            said.removed.extend(removed.iter().cloned());
            said.removed.extend(page.iter().filter(|one| one.removed).map(|one| one.key.clone()));
            let mut marks = removed.iter().map(AsRef::as_ref).peekable();
            page.iter().try_for_each(|one| write_one(segment, one, &mut marks, now, said))?;
            marks.try_for_each(|key| mark_removed(segment, key, now))?;
            match last {
                None => return Ok(()),
                last => after = last,
            }
        }
    }

    /// Takes the removed keys of a page, or behind the last one, that have no series on it.
    fn take_removed(
        &self,
        after: Option<&[u8]>,
        last: Option<&[u8]>,
        page: &[Gathered],
    ) -> BTreeSet<Box<[u8]>> {
        let is_here = |key: &[u8]| {
            after.is_none_or(|after| after < key)
                && last.is_none_or(|last| key <= last)
                && page.binary_search_by(|one| (*one.key).cmp(key)).is_err()
        };
        let mut writing = self.disk().writer();
        let removed = std::mem::take(&mut writing.writer.removed);
        let (taken, left) = removed.into_iter().partition(|key| is_here(key));
        writing.writer.removed = left;
        taken
    }

    /// Makes a segment that was written under its temporary name last, under its own.
    pub(crate) fn publish(&self, file: &F::File, numbers: Numbers) -> io::Result<()> {
        let (files, name) = (&self.disk().files, numbers.to_string());
        file.sync()?;
        files.rename(&names::temporary(&name), &name)?;
        files.sync()
    }

    /// Removes the logs up to a number, which segments hold, and goes on if the current one failed.
    fn end_logs(&self, kept: &mut Kept, last: u64) -> io::Result<()> {
        // A log that could not be made at the start has no number.
        kept.flushed = kept.flushed.max(last);
        let mut writing = self.disk().writer();
        let writer = &mut writing.writer;
        writer.forget_unsynced(last);
        if writer.has_failed()
            && writer.log.number <= kept.flushed
            && let Some(spare) = writer.take_spare()
        {
            writer.rotate(spare);
        }
        drop(writing);
        while let Some(&number) = kept.logs.first().filter(|&&log| log <= last) {
            let name = names::log(number);
            let files = &self.disk().files;
            match kept.damaged_logs.contains(&number) {
                true => ignore_gone(files.rename(&name, &names::set_aside(files, &name)?))?,
                false => ignore_gone(files.remove(&name))?,
            }
            kept.logs.remove(0);
        }
        Ok(())
    }
}

/// What a segment says.
#[derive(Default)]
struct Said {
    /// The runs whose chunks are in memory.
    written: Vec<Written>,
    /// The keys of series that were removed.
    removed: BTreeSet<Box<[u8]>>,
}

/// Writes what was gathered of a series, after the marks of removed series before it.
fn write_one<'a>(
    segment: &mut segment::Writer<'_, impl File>,
    gathered: &Gathered,
    marks: &mut Peekable<impl Iterator<Item = &'a [u8]>>,
    now: u32,
    said: &mut Said,
) -> io::Result<()> {
    while let Some(key) = marks.next_if(|key| *key < &*gathered.key) {
        mark_removed(segment, key, now)?;
    }
    segment.key(&gathered.key, gathered.last);
    if gathered.removed {
        segment.remove(now)?;
    }
    for chunks in &gathered.runs {
        let run = segment.run(oldest(chunks), chunks)?;
        said.written.extend(chunks.first().map(|first| Written {
            ticket: first.ticket,
            chunks: chunks.len(),
            run,
        }));
    }
    segment.run(gathered.head_arrival, &[&gathered.head])?;
    Ok(())
}

fn mark_removed(
    segment: &mut segment::Writer<'_, impl File>,
    key: &[u8],
    now: u32,
) -> io::Result<()> {
    segment.key(key, now);
    segment.remove(now)
}
