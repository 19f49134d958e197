//! Flushing: what the logs hold goes to a segment, and the logs go.

use std::io;
use std::iter::Peekable;

use crate::gather::{Gathered, Pass, Written, gather, settle};
use crate::keep::{Kept, create};
use crate::segment::{self, Numbers};
use crate::table::{each_page, each_series};
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
        let removed = std::mem::take(&mut self.disk().writer().writer.removed);
        let flushed = self.write_segment(kept, numbers, shrink, &removed);
        if flushed.is_err() {
            // The segment that succeeds must mark them.
            self.disk().writer().writer.removed.extend(removed);
        }
        flushed.map(|()| true)
    }

    /// Returns the number of the last log that has ended, unless segments hold all of these. If none
    /// has, it ends the current one, unless that has no records either.
    fn close_logs(&self, kept: &mut Kept, shrink: bool) -> io::Result<Option<u64>> {
        self.make_spare(kept)?;
        let mut writing = self.disk().writer();
        let writer = &mut writing.writer;
        writer.write();
        if writer.has_failed() {
            return Ok(Some(writer.log.number));
        }
        if writer.log.number == kept.flushed + 1
            && (writer.has_records() || shrink)
            && let Some(spare) = writer.take_spare()
        {
            writer.rotate(spare);
        }
        let last = writer.log.number - 1;
        Ok((last > kept.flushed).then_some(last))
    }

    fn write_segment(
        &self,
        kept: &mut Kept,
        numbers: Numbers,
        shrink: bool,
        removed: &[Box<[u8]>],
    ) -> io::Result<()> {
        let now = (self.settings.clock)();
        let pass = Pass {
            flushed: kept.flushed,
            last: numbers.last,
            shrink,
            aged: now.saturating_sub(self.settings.run_seconds()),
            began: kept.began,
            now,

            run_samples: self.settings.run_samples,
        };
        kept.began = now;
        let temporary = names::temporary(&numbers.to_string());
        let file = create(&self.disk().files, &temporary)?;
        let mut segment = segment::Writer::new(&file, numbers, kept.totals, kept.oldest);
        let written = self.write_series(&mut segment, &mut kept.ticket, pass, removed);
        let published = written.and_then(|written| {
            let totals = segment.finish()?;
            self.sync_logs()?;
            self.publish(&file, numbers)?;
            Ok((written, totals))
        });
        let (written, totals) = published.inspect_err(|_| {
            let _ = self.disk().files.remove(&temporary);
        })?;
        let samples = totals.samples - kept.totals.samples;
        let id = self.add_segment(file, numbers, kept.totals, samples)?;
        kept.totals = totals;
        each_series(&self.table, |parts| settle(parts, &written, id));
        self.end_logs(kept, numbers.last)
    }

    /// Writes all series that have changed; returns the runs whose chunks are in memory.
    fn write_series(
        &self,
        segment: &mut segment::Writer<'_, F::File>,
        ticket: &mut u64,
        pass: Pass,
        removed: &[Box<[u8]>],
    ) -> io::Result<Vec<Written>> {
        let mut removed: Vec<_> = removed.iter().collect();
        removed.sort_unstable();
        removed.dedup();
        let mut marks = removed.into_iter().map(AsRef::as_ref).peekable();
        let now = (self.settings.clock)();
        let mut written = Vec::new();
        each_page(
            &self.table,
            |parts| gather(parts, pass, ticket),
            |gathered| write_one(segment, &gathered, &mut marks, now, &mut written),
        )?;
        marks.try_for_each(|key| mark_removed(segment, key, now))?;
        Ok(written)
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
        kept.flushed = last;
        let mut writing = self.disk().writer();
        let writer = &mut writing.writer;
        if writer.has_failed()
            && let Some(spare) = writer.take_spare()
        {
            writer.rotate(spare);
            log::info!("writing again; puts are taken");
        }
        drop(writing);
        while let Some(&number) = kept.logs.first().filter(|&&log| log <= last) {
            let name = names::log(number);
            match kept.damaged_logs.contains(&number) {
                true => self.disk().files.rename(&name, &names::set_aside(&name))?,
                false => self.disk().files.remove(&name)?,
            }
            kept.logs.remove(0);
        }
        Ok(())
    }
}

/// Writes what was gathered of a series, after the marks of removed series before it.
fn write_one<'a>(
    segment: &mut segment::Writer<'_, impl File>,
    gathered: &Gathered,
    marks: &mut Peekable<impl Iterator<Item = &'a [u8]>>,
    now: u32,
    written: &mut Vec<Written>,
) -> io::Result<()> {
    while let Some(key) = marks.next_if(|key| *key < &*gathered.key) {
        mark_removed(segment, key, now)?;
    }
    segment.key(&gathered.key, gathered.last);
    if marks.next_if(|key| *key == &*gathered.key).is_some() {
        segment.remove(now)?;
    }
    for chunks in &gathered.runs {
        let run = segment.run(gathered.arrival, chunks)?;
        written.extend(chunks.first().map(|first| Written {
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
