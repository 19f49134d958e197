//! The segments of a store, and reading their runs.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use metric_chunk::Until;
use metric_memory::{Piece, Unread};
use metric_proto::Sample;

use crate::File;
use crate::run::Stored;
use crate::segment::{self, Numbers, Totals};

/// A segment that is read from.
#[derive(Debug)]
pub(crate) struct SegmentFile<F> {
    pub(crate) numbers: Numbers,
    pub(crate) file: F,
    /// Its length.
    pub(crate) bytes: u64,
    /// How many samples it has, those included that newer segments replace.
    pub(crate) samples: u64,
    /// What was written before it.
    pub(crate) before: Totals,
}

/// All segments, each under a number that no other one of this process gets.
#[derive(Debug)]
pub(crate) struct Segments<F> {
    files: RwLock<Files<F>>,
    /// Segments of which the log was told that they could not be read.
    unreadable: Mutex<BTreeSet<u32>>,
}

#[derive(Debug)]
struct Files<F> {
    next: u32,
    by_id: BTreeMap<u32, Arc<SegmentFile<F>>>,
}

impl<F> Default for Segments<F> {
    fn default() -> Self {
        let files = RwLock::new(Files { next: 0, by_id: BTreeMap::new() });
        Self { files, unreadable: Mutex::default() }
    }
}

impl<F: File> Segments<F> {
    /// Adds a segment; returns its number.
    pub(crate) fn add(&self, segment: SegmentFile<F>) -> u32 {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        let id = files.next;
        files.next += 1;
        files.by_id.insert(id, Arc::new(segment));
        id
    }

    /// Forgets a segment. Nothing may refer to it any more.
    pub(crate) fn remove(&self, id: u32) {
        let mut files = self.files.write().unwrap_or_else(PoisonError::into_inner);
        files.by_id.remove(&id);
    }

    pub(crate) fn get(&self, id: u32) -> Option<Arc<SegmentFile<F>>> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.by_id.get(&id).map(Arc::clone)
    }

    /// Returns all of them, the oldest first, but for those that a merged one replaces. These stay if
    /// some of their runs could not be read then.
    pub(crate) fn all(&self) -> Vec<(u32, Arc<SegmentFile<F>>)> {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        let all = files.by_id.iter().map(|(&id, segment)| (id, Arc::clone(segment)));
        let mut all: Vec<_> = all.collect();
        all.sort_by_key(|(_, segment)| (segment.numbers.first, Reverse(segment.numbers.last)));
        let mut end = None;
        all.retain(|(_, segment)| {
            let is_replaced = end.is_some_and(|end| segment.numbers.last <= end);
            end = end.max(Some(segment.numbers.last));
            !is_replaced
        });
        all
    }

    /// Reads the samples of a run if they are in the system's memory. Whether they cannot be read at
    /// all is found out where that may take time.
    pub(crate) fn read_cached(&self, stored: &Stored) -> Result<Vec<Sample>, Unread> {
        self.cached(stored, |segment, block| samples(segment, stored, block))
    }

    /// Reads what may be shown together of a run, if it is in the system's memory.
    pub(crate) fn read_cached_pieces(
        &self,
        stored: &Stored,
        until: Until<'_>,
    ) -> Result<Vec<Piece>, Unread> {
        self.cached(stored, |segment, block| {
            segment::pieces(block, segment.numbers, (&stored.run, stored.live), until).ok()
        })
    }

    fn cached<T>(
        &self,
        stored: &Stored,
        read: impl FnOnce(&SegmentFile<F>, &[u8]) -> Option<T>,
    ) -> Result<T, Unread> {
        // A segment that is gone was merged with others. The caller looks again.
        let segment = self.get(stored.segment).ok_or(Unread::NotYet)?;
        let mut block = vec![0; stored.run.length.into()];
        match segment.file.read_cached_at(&mut block, stored.run.offset) {
            Ok(Some(length)) => read(&segment, &block[..length]).ok_or(Unread::NotYet),
            _ => Err(Unread::NotYet),
        }
    }

    /// Reads the samples of a run, waiting for the disk; `None` if they are damaged.
    ///
    /// # Errors
    ///
    /// If the system cannot read them, or if nothing is known of the segment.
    pub(crate) fn try_read(&self, stored: &Stored) -> io::Result<Option<Vec<Sample>>> {
        let (segment, block) = self.block(stored)?;
        Ok(samples(&segment, stored, &block))
    }

    /// Reads the chunks of a whole run; else it is like [`try_read`](Self::try_read).
    pub(crate) fn try_read_chunks(&self, stored: &Stored) -> io::Result<Option<Vec<Box<[u8]>>>> {
        let (segment, block) = self.block(stored)?;
        let chunks = segment::run_chunks(&block, segment.numbers, &stored.run).ok();
        Ok(chunks.map(|chunks| chunks.into_iter().map(Box::from).collect()))
    }

    fn block(&self, stored: &Stored) -> io::Result<(Arc<SegmentFile<F>>, Vec<u8>)> {
        let segment = self.get(stored.segment).ok_or(io::ErrorKind::NotFound)?;
        let mut block = vec![0; stored.run.length.into()];
        let read = segment.file.read_at(&mut block, stored.run.offset)?;
        block.truncate(read);
        Ok((segment, block))
    }

    /// Tells once of each segment that the system could not read it. That may pass, so it is no damage.
    pub(crate) fn tell_unreadable(&self, id: u32, error: &io::Error) {
        let mut unreadable = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        if unreadable.insert(id)
            && let Some(segment) = self.get(id)
        {
            log::error!("cannot read {}: {error}", segment.numbers);
        }
    }
}

/// Decodes the samples of a run that count; `None` if they are damaged.
fn samples<F>(segment: &SegmentFile<F>, stored: &Stored, block: &[u8]) -> Option<Vec<Sample>> {
    let mut samples = segment::samples(block, segment.numbers, &stored.run, None).ok()?;
    samples.truncate(stored.live.into());
    Some(samples)
}
