//! What a flush takes of a series, and puts back when it is published.
//!
//! A chunk that a flush writes stays in memory as [`Run::Flushing`] until its segment is published.
//! Then [`settle`] replaces it by its place in the segment, unless a late put has opened it
//! meanwhile. The newest samples, the head of a series, are written, too, but also stay.

use std::sync::Arc;

use metric_chunk::encode;
use metric_memory::{Parts, Sealed};

use crate::Files;
use crate::disk::Disk;
use crate::loaded::{self, Span};
use crate::log_file::Mark;
use crate::run::{Flushing, Run, Stored};
use crate::segment;

/// Which series a flush takes, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pass {
    /// The last log that is in segments already.
    pub(crate) flushed: u64,
    /// The last log that it makes a segment of.
    pub(crate) last: u64,
    /// Whether memory is short, so that heads are sealed.
    pub(crate) shrink: bool,
    /// When the last flush began, in seconds since 1970.
    pub(crate) began: u32,
    /// When this one began.
    pub(crate) now: u32,
    /// The maximum number of samples in a run.
    pub(crate) run_samples: usize,
    /// The longest time between the arrivals of two chunks of a run. A head whose oldest sample
    /// arrived before that time is sealed, too.
    pub(crate) run_seconds: u32,
}

/// What a flush takes of a series.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) key: Box<[u8]>,
    /// Whether an earlier series of this key was removed, which no segment says yet.
    pub(crate) removed: bool,
    /// When the last put arrived.
    pub(crate) last: u32,
    /// The chunks of each run.
    pub(crate) runs: Vec<Vec<Flushing>>,
    /// When the oldest sample of the head arrived, and the head as a chunk.
    pub(crate) head_arrival: u32,
    pub(crate) head: Vec<u8>,
}

/// A head with fewer samples is not sealed to save memory.
const WORTH: usize = 8;

/// Takes what must be written of a series, if anything. `ticket` counts chunks, `loaded` takes what was
/// loaded of a key, and `take_removed` takes a key from the removed ones. It is called while the series
/// is locked: what a segment says of a series and whether it says that an earlier one was removed are of
/// the same moment.
pub(crate) fn gather<F: Files>(
    mut parts: Parts<'_, Disk<F>>,
    pass: Pass,
    ticket: &mut u64,
    loaded: impl FnOnce(&[u8]) -> Vec<Span>,
    take_removed: impl FnOnce(&[u8]) -> bool,
) -> Option<Gathered> {
    let mark = *parts.mark();
    let shrinks = pass.shrink && parts.head().len() >= WORTH;
    if u64::from(mark.log) <= pass.flushed && !mark.loose && !shrinks {
        return None;
    }
    if shrinks || mark.apart || mark.arrival < pass.now.saturating_sub(pass.run_seconds) {
        parts.seal_head();
    }
    parts.close();
    let loaded = loaded(parts.key());
    let mut taking = Taking { pass, arrival: mark.arrival, loaded, ticket, is_new: false };
    let runs = taking.take_runs(&mut parts);
    // The head began when the chunk before it was sealed, which was after the last flush.
    let head_arrival = if taking.is_new { mark.arrival.max(pass.began) } else { mark.arrival };
    let log = mark.log.max(pass.last as u32);
    // Its log may have taken puts up to now.
    let last = if u64::from(mark.log) > pass.flushed { pass.now } else { mark.last };
    *parts.mark() = Mark { log, arrival: head_arrival, last, loose: false, apart: false, ..mark };
    let head = encode(parts.head());
    let (key, removed) = (parts.key().into(), take_removed(parts.key()));
    Some(Gathered { key, removed, last, runs, head_arrival, head })
}

/// Takes the runs of a series.
struct Taking<'a> {
    pass: Pass,
    /// When the oldest of the samples arrived that are in memory and were not loaded.
    arrival: u32,
    loaded: Vec<Span>,
    ticket: &'a mut u64,
    /// Whether any were not loaded, and not in an earlier flush.
    is_new: bool,
}

impl Taking<'_> {
    /// Marks all chunks that are in memory as being flushed; returns them, neighbours together as
    /// runs.
    fn take_runs<F: Files>(&mut self, parts: &mut Parts<'_, Disk<F>>) -> Vec<Vec<Flushing>> {
        let mut runs = Vec::new();
        let mut place = 0;
        while let Some(run) = self.run_at(parts, place) {
            let chunks = run.len().max(1);
            if !run.is_empty() {
                let flushing = run.iter().cloned().map(|chunk| Sealed::There(Run::Flushing(chunk)));
                parts.replace(place..place + chunks, flushing);
                runs.push(run);
            }
            place += chunks;
        }
        runs
    }

    /// Returns the chunks from a place on that are in memory and arrived at about the same time, up
    /// to the samples of a run; `None` behind the last place.
    fn run_at<F: Files>(
        &mut self,
        parts: &Parts<'_, Disk<F>>,
        place: usize,
    ) -> Option<Vec<Flushing>> {
        let sealed = parts.sealed()?;
        sealed.get(place)?;
        let (mut run, mut samples) = (Vec::<Flushing>::new(), 0);
        for (next, chunk) in (place + 1..).zip(sealed.range(place..)) {
            let end = sealed.get(next).map(Sealed::first);
            let Some((bytes, arrival)) = self.in_memory(chunk, end) else { break };
            samples += chunk.samples();
            let is_apart = |first: &Flushing| {
                samples > self.pass.run_samples
                    || first.arrival.abs_diff(arrival) > self.pass.run_seconds
            };
            if run.first().is_some_and(is_apart) {
                break;
            }
            *self.ticket += 1;
            run.push(Flushing { bytes, ticket: *self.ticket, arrival });
        }
        Some(run)
    }

    /// Returns the bytes of a chunk and when its oldest sample arrived; `None` if it is in a segment.
    /// The next chunk begins at `end`.
    fn in_memory(&mut self, chunk: &Sealed<Run>, end: Option<i64>) -> Option<(Arc<[u8]>, u32)> {
        match chunk {
            Sealed::Here(bytes) => {
                let loaded = loaded::oldest(&self.loaded, chunk.first(), end);
                self.is_new |= loaded.is_none();
                Some((Arc::from(&**bytes), loaded.unwrap_or(self.arrival)))
            }
            Sealed::There(Run::Flushing(Flushing { bytes, arrival, .. })) => {
                Some((Arc::clone(bytes), *arrival))
            }
            Sealed::There(Run::Stored(_)) => None,
        }
    }
}

/// Returns when the oldest sample of a run arrived.
pub(crate) fn oldest(run: &[Flushing]) -> u32 {
    run.iter().map(|chunk| chunk.arrival).min().unwrap_or_default()
}

/// A run that was written: the ticket of its first chunk, how many chunks it has, and its place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Written {
    pub(crate) ticket: u64,
    pub(crate) chunks: usize,
    pub(crate) run: segment::Run,
}

/// Replaces the chunks of runs that were written, in the order of their tickets, by their places in
/// a segment. If one of a run was opened meanwhile, all of it is written again by the next flush.
pub(crate) fn settle<F: Files>(mut parts: Parts<'_, Disk<F>>, written: &[Written], segment: u32) {
    let is_flushing = |chunk: &Sealed<Run>| matches!(chunk, Sealed::There(Run::Flushing(_)));
    if !parts.sealed().is_some_and(|sealed| sealed.iter().any(is_flushing)) {
        return;
    }
    parts.close();
    let mut place = 0;
    while let Some(chunk) = parts.sealed().and_then(|sealed| sealed.get(place)) {
        if let Sealed::There(Run::Flushing(flushing)) = chunk {
            match whole_run(&parts, place, flushing.ticket, written) {
                Some(Written { chunks, run, .. }) => {
                    let stored = Run::Stored(Stored::new(segment, run));
                    parts.replace(place..place + chunks, [Sealed::There(stored)]);
                }
                None => parts.mark().loose = true,
            }
        }
        place += 1;
    }
}

/// Returns the run that begins with the chunk at a place, if all its chunks are still there.
fn whole_run<F: Files>(
    parts: &Parts<'_, Disk<F>>,
    place: usize,
    ticket: u64,
    written: &[Written],
) -> Option<Written> {
    let found = written.binary_search_by_key(&ticket, |run| run.ticket).ok()?;
    let run = written[found];
    let sealed = parts.sealed()?;
    let has = |chunk: usize| match sealed.get(place + chunk) {
        Some(Sealed::There(Run::Flushing(flushing))) => flushing.ticket == ticket + chunk as u64,
        _ => false,
    };
    (0..run.chunks).all(has).then_some(run)
}
