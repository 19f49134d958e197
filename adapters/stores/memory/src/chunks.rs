//! The samples older than the head of a series: sealed chunks, one of which may be open.
//!
//! A late sample opens its chunk, which stays open until another one is opened. So adding or
//! replacing old samples in order costs little for each. In random order, each sample costs the
//! opening and sealing of a chunk, a few microseconds.

use std::collections::VecDeque;
use std::ops;

use metric_chunk::Until;
use metric_proto::{Refused, Sample};

use crate::backing::{Run, Unread};
use crate::piece::{Piece, Pieces};
use crate::sealed::{ALLOCATION, Sealed};
use crate::series::{Range, place_of};

/// Chunks, the oldest first. There is at least one when a sample is put.
#[derive(Debug)]
pub(crate) struct Chunks<R> {
    chunks: VecDeque<Sealed<R>>,
    /// The number of samples evicted from chunk 0, if it is sealed.
    evicted: usize,
    open: Option<Open>,
    /// How many bytes the chunks take beside their places.
    sealed: usize,
}

/// The samples of an open chunk. They replace those of the sealed one.
#[derive(Debug)]
struct Open {
    chunk: usize,
    samples: Vec<Sample>,
}

impl<R> Default for Chunks<R> {
    fn default() -> Self {
        Self { chunks: VecDeque::new(), evicted: 0, open: None, sealed: 0 }
    }
}

impl<R: Run> Chunks<R> {
    /// Seals samples that are newer than all chunks. Cold, as is [`take`](Self::take), so that neither
    /// is inlined into puts, most of which need neither.
    #[cold]
    pub(crate) fn push(&mut self, samples: &[Sample]) {
        let chunk = Sealed::new(samples);
        self.sealed += chunk.heap_bytes();
        self.make_place();
        self.chunks.push_back(chunk);
    }

    /// Makes a place for a chunk: an eighth more places, since each takes a fair part of a chunk.
    fn make_place(&mut self) {
        let places = self.chunks.len();
        if places == self.chunks.capacity() {
            self.chunks.reserve_exact(1 + places / 8);
        }
    }

    /// How many bytes all of them take, and this, which has an allocation of its own.
    pub(crate) fn bytes(&self) -> usize {
        let open = self.open.as_ref().map_or(0, |open| open.samples.capacity());
        let places = self.chunks.capacity() * size_of::<Sealed<R>>();
        size_of::<Self>() + 2 * ALLOCATION + places + self.sealed + open * size_of::<Sample>()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Drops the oldest chunk; returns how many samples were in it.
    pub(crate) fn drop_oldest(&mut self) -> usize {
        let count = self.count(0);
        self.drop_chunk();
        count
    }

    /// Puts a sample in its chunk; returns whether it was added, not replaced.
    #[cold]
    pub(crate) fn take(
        &mut self,
        sample: Sample,
        full: bool,
        length: usize,
    ) -> Result<bool, Refused> {
        let samples = &mut self.open(sample.timestamp(), length)?.samples;
        match place_of(sample, samples, samples.len()) {
            Ok(place) => samples[place] = sample,
            Err(0) if full => return Err(Refused::TooOld),
            Err(place) => {
                samples.insert(place, sample);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Drops the oldest sample; returns whether the oldest chunk is empty now, and must be dropped.
    pub(crate) fn evict(&mut self) -> bool {
        let left = match &mut self.open {
            Some(Open { chunk: 0, samples }) => {
                samples.remove(0);
                samples.len()
            }
            _ => {
                self.evicted += 1;
                self.chunks[0].samples() - self.evicted
            }
        };
        left == 0
    }

    /// Returns the samples of each chunk that overlaps a range, or why not and from when on.
    pub(crate) fn within(
        &self,
        (next, last): Range,
        read: impl Fn(&R) -> Result<Vec<Sample>, Unread>,
    ) -> impl Iterator<Item = Result<Vec<Sample>, (Unread, i64)>> {
        (self.chunk_of(next)..=self.chunk_of(last)).map(move |chunk| {
            let first = self.chunks[chunk].first().max(next);
            self.samples(chunk, &read).map_err(|unread| (unread, first))
        })
    }

    /// Returns what a scan may show together of each chunk that overlaps a range, or why not and from
    /// when on. The sample behind all chunks is at `behind`.
    pub(crate) fn pieces(
        &self,
        (next, last): Range,
        behind: i64,
        until: Until<'_>,
        read: impl Fn(&R, i64, Until<'_>) -> Result<Vec<Piece>, Unread>,
    ) -> impl Iterator<Item = Result<Pieces, (Unread, i64)>> {
        (self.chunk_of(next)..=self.chunk_of(last)).map(move |place| {
            let chunk = &self.chunks[place];
            let end = self.chunks.get(place + 1).map_or(behind, Sealed::first).saturating_sub(1);
            let pieces = match &self.open {
                Some(open) if open.chunk == place => {
                    Ok(Pieces::One(Piece::Samples(open.samples.clone())))
                }
                _ if place == 0 && self.evicted > 0 => {
                    let samples = chunk.pieces(end, &|_| None, &read);
                    samples.map(|samples| samples.without(self.evicted))
                }
                _ => chunk.pieces(end, until, &read),
            };
            pieces.map_err(|unread| (unread, chunk.first().max(next)))
        })
    }

    fn samples(
        &self,
        chunk: usize,
        read: impl Fn(&R) -> Result<Vec<Sample>, Unread>,
    ) -> Result<Vec<Sample>, Unread> {
        match &self.open {
            Some(open) if open.chunk == chunk => Ok(open.samples.clone()),
            _ => self.unsealed(chunk, read),
        }
    }

    /// Returns the oldest sample.
    pub(crate) fn first(
        &self,
        read: impl Fn(&R) -> Result<Vec<Sample>, Unread>,
    ) -> Result<Option<Sample>, Unread> {
        Ok(self.samples(0, read)?.first().copied())
    }

    /// Returns the timestamp of the sample that is `skip` places before the newest one at or before
    /// `last`, or `i64::MIN` if there is none. Opens two chunks at most.
    pub(crate) fn back(
        &self,
        last: i64,
        mut skip: usize,
        read: impl Fn(&R) -> Result<Vec<Sample>, Unread>,
    ) -> Result<i64, Unread> {
        let newest = self.chunk_of(last);
        for chunk in (0..=newest).rev() {
            let count = match chunk == newest {
                true => {
                    let samples = self.samples(chunk, &read)?;
                    samples.partition_point(|sample| sample.timestamp() <= last)
                }
                false => self.count(chunk),
            };
            match count.checked_sub(skip + 1) {
                Some(place) => {
                    let samples = self.samples(chunk, &read)?;
                    // A run that turns out to be damaged is read as empty.
                    return Ok(samples.get(place).map_or(i64::MIN, |sample| sample.timestamp()));
                }
                None => skip -= count,
            }
        }
        Ok(i64::MIN)
    }

    /// Returns the number of samples in a chunk.
    fn count(&self, chunk: usize) -> usize {
        match &self.open {
            Some(open) if open.chunk == chunk => open.samples.len(),
            _ if chunk == 0 => self.chunks[chunk].samples() - self.evicted,
            _ => self.chunks[chunk].samples(),
        }
    }

    /// Returns the chunk of a timestamp: the last one that does not begin after it.
    fn chunk_of(&self, timestamp: i64) -> usize {
        self.chunks.partition_point(|chunk| chunk.first() <= timestamp).saturating_sub(1)
    }

    fn unsealed(
        &self,
        chunk: usize,
        read: impl Fn(&R) -> Result<Vec<Sample>, Unread>,
    ) -> Result<Vec<Sample>, Unread> {
        let mut samples = self.chunks[chunk].open(read)?;
        if chunk == 0 {
            samples.drain(..self.evicted.min(samples.len()));
        }
        Ok(samples)
    }

    /// Opens the chunk of a timestamp, with room for one more sample. A run must be loaded first.
    fn open(&mut self, timestamp: i64, length: usize) -> Result<&mut Open, Refused> {
        let chunk = self.chunk_of(timestamp);
        let open = match self.open.take() {
            Some(open) if open.chunk == chunk && open.samples.len() < 2 * length => open,
            other => {
                other.into_iter().for_each(|open| self.seal(open, length));
                let chunk = self.chunk_of(timestamp);
                let samples = self.unsealed(chunk, |_| Err(Unread::NotYet));
                Open { chunk, samples: samples.map_err(|_| Refused::NotYet)? }
            }
        };
        self.evicted = if open.chunk == 0 { 0 } else { self.evicted };
        Ok(self.open.insert(open))
    }

    /// Seals the open chunk.
    pub(crate) fn close(&mut self, length: usize) {
        if let Some(open) = self.open.take() {
            self.seal(open, length);
        }
    }

    /// Returns all of them. None is open.
    pub(crate) fn sealed(&self) -> &VecDeque<Sealed<R>> {
        &self.chunks
    }

    /// Returns the run that a late put needs, if it is not in memory.
    pub(crate) fn run_of(&self, timestamp: i64) -> Option<&R> {
        match self.chunks.get(self.chunk_of(timestamp))? {
            Sealed::Here(_) => None,
            Sealed::There(run) => Some(run),
        }
    }

    /// Replaces some of them by others with the same samples, or removes or adds some; returns how
    /// many samples were removed and added. None is open.
    pub(crate) fn replace(
        &mut self,
        chunks: ops::Range<usize>,
        with: impl IntoIterator<Item = Sealed<R>>,
    ) -> (usize, usize) {
        let mut after = self.chunks.split_off(chunks.start);
        let removed: Vec<_> = after.drain(..chunks.len()).collect();
        let before = self.chunks.len();
        self.chunks.extend(with);
        let added = || self.chunks.range(before..);
        let mut counts: (usize, usize) =
            (removed.iter().map(Sealed::samples).sum(), added().map(Sealed::samples).sum());
        if chunks.start == 0 && !chunks.is_empty() {
            counts.0 -= self.evicted;
            self.evicted = if counts.1 > 0 { self.evicted } else { 0 };
            counts.1 -= self.evicted;
        }
        self.sealed += added().map(Sealed::heap_bytes).sum::<usize>();
        self.sealed -= removed.iter().map(Sealed::heap_bytes).sum::<usize>();
        self.chunks.append(&mut after);
        // Most series have few, and room for more would take most of what moving chunks spares.
        self.chunks.shrink_to_fit();
        counts
    }

    /// Drops those of which this is false, in one pass; returns how many samples were in them. None is
    /// open.
    pub(crate) fn retain(&mut self, mut is_kept: impl FnMut(&Sealed<R>) -> bool) -> usize {
        let Self { chunks, evicted, sealed, .. } = self;
        let (mut removed, mut is_first) = (0, true);
        chunks.retain(|chunk| {
            let kept = is_kept(chunk);
            if !kept {
                *sealed -= chunk.heap_bytes();
                let evicted = if is_first { std::mem::take(evicted) } else { 0 };
                removed += chunk.samples() - evicted;
            }
            is_first = false;
            kept
        });
        // As in `replace`.
        chunks.shrink_to_fit();
        removed
    }

    /// Replaces a run by its samples, without those that were evicted from it. Returns how many
    /// samples were removed and added: the same, unless some cannot be read. None is open.
    pub(crate) fn load(
        &mut self,
        place: usize,
        samples: &[Sample],
        length: usize,
    ) -> (usize, usize) {
        let evicted = if place == 0 { std::mem::take(&mut self.evicted) } else { 0 };
        let left = samples.get(evicted..).unwrap_or_default();
        let (removed, added) = self.replace(place..place + 1, left.chunks(length).map(Sealed::new));
        (removed - evicted, added)
    }

    /// Encodes chunk 0 without the samples that were evicted from it, if it is in memory.
    pub(crate) fn forget_evicted(&mut self) {
        if self.evicted == 0 || self.open.as_ref().is_some_and(|open| open.chunk == 0) {
            return;
        }
        if let Ok(samples) = self.unsealed(0, |_| Err(Unread::NotYet)) {
            self.evicted = 0;
            self.replace(0..1, [Sealed::new(&samples)]);
        }
    }

    /// Seals samples of an open chunk, as two chunks if it has grown too long for one.
    fn seal(&mut self, Open { chunk, samples }: Open, length: usize) {
        let half = if samples.len() > length { samples.len() / 2 } else { samples.len() };
        let (older, newer) = samples.split_at(half);
        self.sealed -= self.chunks[chunk].heap_bytes();
        self.chunks[chunk] = Sealed::new(older);
        self.sealed += self.chunks[chunk].heap_bytes();
        if !newer.is_empty() {
            let newer = Sealed::new(newer);
            self.sealed += newer.heap_bytes();
            self.make_place();
            self.chunks.insert(chunk + 1, newer);
        }
    }

    /// Drops chunk 0.
    fn drop_chunk(&mut self) {
        self.sealed -= self.chunks.pop_front().map_or(0, |chunk| chunk.heap_bytes());
        if self.chunks.len() < self.chunks.capacity() / 4 * 3 {
            self.chunks.shrink_to_fit();
        }
        self.evicted = 0;
        self.open = self.open.take().and_then(|open| {
            Some(Open { chunk: open.chunk.checked_sub(1)?, samples: open.samples })
        });
    }
}
