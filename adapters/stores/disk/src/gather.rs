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
    /// Heads whose oldest sample arrived before are sealed, too, in seconds since 1970.
    pub(crate) aged: u32,
    /// When the last flush began, in seconds since 1970.
    pub(crate) began: u32,
    /// When this one began.
    pub(crate) now: u32,
    /// The maximum number of samples in a run.
    pub(crate) run_samples: usize,
}

/// What a flush takes of a series.
#[derive(Debug)]
pub(crate) struct Gathered {
    pub(crate) key: Box<[u8]>,
    /// Whether an earlier series of this key was removed, which no segment says yet.
    pub(crate) removed: bool,
    /// When the last put arrived.
    pub(crate) last: u32,
    /// When the oldest sample of the runs arrived, and their chunks.
    pub(crate) arrival: u32,
    pub(crate) runs: Vec<Vec<Flushing>>,
    /// When the oldest sample of the head arrived, and the head as a chunk.
    pub(crate) head_arrival: u32,
    pub(crate) head: Vec<u8>,
}

/// A head with fewer samples is not sealed to save memory.
const WORTH: usize = 8;

/// Takes what must be written of a series, if anything. `ticket` counts chunks, and `take_removed`
/// takes a key from the removed ones. It is called while the series is locked: what a segment says of
/// a series and whether it says that an earlier one was removed are of the same moment.
pub(crate) fn gather<F: Files>(
    mut parts: Parts<'_, Disk<F>>,
    pass: Pass,
    ticket: &mut u64,
    take_removed: impl FnOnce(&[u8]) -> bool,
) -> Option<Gathered> {
    let mark = *parts.mark();
    let shrinks = pass.shrink && parts.head().len() >= WORTH;
    if u64::from(mark.log) <= pass.flushed && !mark.loose && !shrinks {
        return None;
    }
    if shrinks || mark.arrival < pass.aged {
        parts.seal_head();
    }
    parts.close();
    let runs = take_runs(&mut parts, pass.run_samples, ticket);
    // A chunk that was sealed since the last flush tells that the head began since then. It is older if
    // the chunk was loaded for a late put, or if that flush failed: then it is kept for longer.
    let head_arrival = if runs.is_empty() { mark.arrival } else { mark.arrival.max(pass.began) };
    let log = mark.log.max(pass.last as u32);
    // Its log may have taken puts up to now.
    let last = if u64::from(mark.log) > pass.flushed { pass.now } else { mark.last };
    *parts.mark() = Mark { log, arrival: head_arrival, last, loose: false };
    let head = encode(parts.head());
    let (key, removed) = (parts.key().into(), take_removed(parts.key()));
    Some(Gathered { key, removed, last, arrival: mark.arrival, runs, head_arrival, head })
}

/// Marks all chunks that are in memory as being flushed; returns them, neighbours together as runs.
fn take_runs<F: Files>(
    parts: &mut Parts<'_, Disk<F>>,
    run_samples: usize,
    ticket: &mut u64,
) -> Vec<Vec<Flushing>> {
    let mut runs = Vec::new();
    let mut place = 0;
    while let Some(run) = run_at(parts, place, run_samples, ticket) {
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

/// Returns the chunks from a place on that are in memory, up to the samples of a run; `None` behind
/// the last place.
fn run_at<F: Files>(
    parts: &Parts<'_, Disk<F>>,
    place: usize,
    run_samples: usize,
    ticket: &mut u64,
) -> Option<Vec<Flushing>> {
    let sealed = parts.sealed()?;
    sealed.get(place)?;
    let (mut run, mut samples) = (Vec::new(), 0);
    for chunk in sealed.range(place..) {
        let bytes: Arc<[u8]> = match chunk {
            Sealed::Here(bytes) => Arc::from(&**bytes),
            Sealed::There(Run::Flushing(flushing)) => Arc::clone(&flushing.bytes),
            Sealed::There(Run::Stored(_)) => break,
        };
        samples += chunk.samples();
        if samples > run_samples && !run.is_empty() {
            break;
        }
        *ticket += 1;
        run.push(Flushing { bytes, ticket: *ticket });
    }
    Some(run)
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
