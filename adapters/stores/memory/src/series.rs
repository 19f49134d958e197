//! The samples of one series.
//!
//! ```text
//!   oldest ────────────────────────────────────▶ newest
//!   ┌─────────┬─────────┬─────────┬─────────┐ ┌──────────┐
//!   │ chunk 0 │ chunk 1 │ chunk 2 │ chunk 3 │ │   head   │◀── most puts
//!   └─────────┴─────────┴─────────┴─────────┘ └──────────┘
//!             chunks.rs: compressed           not compressed
//! ```

mod read;

use std::ops;

use metric_proto::{Refused, Sample, Taken};

use crate::backing::Run;
use crate::chunks::Chunks;
use crate::memory::Memory;
use crate::sealed::{CAPACITY, Sealed};

pub(crate) use read::{Found, NONE, Range};

/// The bounds of a series and of its chunks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// The maximum number of samples in a series, at least one.
    pub(crate) samples: usize,
    /// The number of samples in the head at which it is sealed, at least two.
    pub(crate) chunk: usize,
}

/// Samples in the order of their timestamps. The head has at least one, unless the series is empty.
#[derive(Debug)]
pub(crate) struct Series<R> {
    head: Vec<Sample>,
    chunks: Option<Box<Chunks<R>>>,
    len: usize,
    /// Whether samples were dropped to make room in memory.
    trimmed: bool,
    /// The place after the last put in the head, where the next put is most likely.
    next: u32,
}

impl<R> Default for Series<R> {
    fn default() -> Self {
        Self { head: Vec::new(), chunks: None, len: 0, trimmed: false, next: 0 }
    }
}

impl<R: Run> Series<R> {
    /// Puts a sample. At the bound it evicts the oldest.
    #[inline(always)]
    pub(crate) fn take(
        &mut self,
        sample: Sample,
        bounds: Bounds,
        memory: &Memory,
    ) -> Result<Taken, Refused> {
        match place_of(sample, &self.head, self.next as usize) {
            Ok(place) => {
                self.head[place] = sample;
                self.next = place as u32 + 1;
                Ok(Taken::Replaced)
            }
            Err(place) => self.add(place, sample, bounds, memory),
        }
    }

    /// Puts a sample that is not in the head.
    fn add(
        &mut self,
        place: usize,
        sample: Sample,
        bounds: Bounds,
        memory: &Memory,
    ) -> Result<Taken, Refused> {
        let full = self.len >= bounds.samples || self.len > 0 && memory.is_stuck();
        match &mut self.chunks {
            Some(chunks) if place == 0 => {
                let oldest_is_due = full || self.trimmed && memory.is_full();
                let before = chunks.bytes();
                let taken = chunks.take(sample, oldest_is_due, bounds.chunk);
                memory.change(before, chunks.bytes());
                if !taken? {
                    return Ok(Taken::Replaced);
                }
            }
            None if place == 0 && (full || self.trimmed && memory.is_full()) => {
                return Err(Refused::TooOld);
            }
            _ => {
                if self.head.len() == self.head.capacity() {
                    self.grow(memory);
                }
                self.head.insert(place, sample);
                self.next = place as u32 + 1;
            }
        }
        if full {
            self.evict(memory);
        } else {
            self.len += 1;
        }
        self.seal(bounds.chunk, memory);
        Ok(if full { Taken::Evicted } else { Taken::Added })
    }

    #[cold]
    fn grow(&mut self, memory: &Memory) {
        let before = self.head.capacity();
        let room = (2 * before).clamp(SMALLEST, CAPACITY).max(before + 1);
        self.head.reserve_exact(room - self.head.len());
        memory.grow((self.head.capacity() - before) * size_of::<Sample>());
    }

    /// Drops the oldest sample. After that the chunks have a sample left, or the head can be
    /// sealed.
    fn evict(&mut self, memory: &Memory) {
        match &mut self.chunks {
            Some(chunks) => {
                if chunks.evict() {
                    self.change(memory, Chunks::drop_oldest);
                }
            }
            None => _ = self.head.remove(0),
        }
    }

    /// Moves a full head to the chunks, all but the newest sample.
    fn seal(&mut self, chunk: usize, memory: &Memory) {
        if self.head.len() >= chunk {
            self.push(chunk - 1, memory);
        }
    }

    /// Moves the oldest samples of the head to the chunks.
    fn push(&mut self, old: usize, memory: &Memory) {
        let before = self.chunk_bytes();
        self.chunks.get_or_insert_default().push(&self.head[..old]);
        self.head.drain(..old);
        memory.change(before, self.chunk_bytes());
    }

    /// Drops the oldest samples until the rest takes at most `level` bytes, or only samples are left
    /// that take the least there is. Returns the number of dropped samples.
    pub(crate) fn trim(&mut self, level: usize, memory: &Memory) -> usize {
        let (samples, bytes) = (self.len, self.bytes());
        if bytes > level {
            self.head.shrink_to(SMALLEST);
        }
        while self.bytes() > level
            && let Some(chunks) = &mut self.chunks
        {
            self.len -= chunks.drop_oldest();
            if chunks.is_empty() {
                self.chunks = None;
            }
        }
        while self.bytes() > level && self.head.len() > SMALLEST {
            let old = self.head.len() / 2;
            self.head.drain(..old);
            self.head.shrink_to(SMALLEST);
            self.next = self.next.saturating_sub(old as u32);
            self.len -= old;
        }
        self.trimmed |= self.len < samples;
        memory.shrink(bytes - self.bytes());
        samples - self.len
    }

    /// Returns the bytes that the samples take.
    pub(crate) fn bytes(&self) -> usize {
        self.head.capacity() * size_of::<Sample>() + self.chunk_bytes()
    }

    fn chunk_bytes(&self) -> usize {
        self.chunks.as_ref().map_or(0, |chunks| chunks.bytes())
    }

    /// Returns the number of samples.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Returns the samples that are not sealed: the newest ones.
    pub(crate) fn head(&self) -> &[Sample] {
        &self.head
    }

    /// Returns the older samples, if there are any.
    pub(crate) fn chunks(&self) -> Option<&Chunks<R>> {
        self.chunks.as_deref()
    }

    /// Seals the open chunk, and encodes without evicted samples what is in memory.
    pub(crate) fn close(&mut self, chunk: usize, memory: &Memory) {
        let Some(chunks) = &mut self.chunks else { return };
        let before = chunks.bytes();
        chunks.close(chunk);
        chunks.forget_evicted();
        memory.change(before, chunks.bytes());
    }

    /// Moves all but the newest sample to the chunks.
    pub(crate) fn seal_head(&mut self, memory: &Memory) {
        let Some(old) = self.head.len().checked_sub(1).filter(|&old| old > 0) else { return };
        self.push(old, memory);
        let before = self.head.capacity();
        self.head.shrink_to(SMALLEST);
        memory.shrink((before - self.head.capacity()) * size_of::<Sample>());
        self.next = 1;
    }

    /// Starts the head of a series that has only chunks, or nothing.
    pub(crate) fn start_head(&mut self, newest: Sample, memory: &Memory) {
        self.grow(memory);
        self.head.push(newest);
        (self.next, self.len) = (1, self.len + 1);
    }

    /// Drops the oldest samples until no more than these are left.
    pub(crate) fn evict_to(&mut self, samples: usize, memory: &Memory) {
        while self.len > samples {
            self.evict(memory);
            self.len -= 1;
        }
    }

    /// Replaces sealed chunks; none may be open.
    pub(crate) fn replace(
        &mut self,
        range: ops::Range<usize>,
        with: impl IntoIterator<Item = Sealed<R>>,
        memory: &Memory,
    ) {
        let (removed, added) = self.change(memory, |chunks| chunks.replace(range, with));
        self.len = self.len - removed + added;
    }

    /// Drops the chunks of which this is false; no chunk may be open.
    pub(crate) fn retain(&mut self, is_kept: impl FnMut(&Sealed<R>) -> bool, memory: &Memory) {
        self.len -= self.change(memory, |chunks| chunks.retain(is_kept));
    }

    /// Replaces a run by its samples; no chunk may be open.
    pub(crate) fn load(
        &mut self,
        place: usize,
        samples: &[Sample],
        length: usize,
        memory: &Memory,
    ) {
        let (removed, added) = self.change(memory, |chunks| chunks.load(place, samples, length));
        self.len = self.len - removed + added;
    }

    /// Changes chunks.
    #[cold]
    fn change<T>(&mut self, memory: &Memory, change: impl FnOnce(&mut Chunks<R>) -> T) -> T {
        let before = self.chunk_bytes();
        let result = change(self.chunks.get_or_insert_default());
        self.chunks = self.chunks.take().filter(|chunks| !chunks.is_empty());
        memory.change(before, self.chunk_bytes());
        result
    }
}

/// Returns the place of the sample with the same timestamp, or `Err` with the place for a new one.
///
/// It is mostly near the last put, where walking touches a cache line or two. A binary search waits
/// for a cache line in each step, and took a third of the time of a whole put.
pub(crate) fn place_of(sample: Sample, samples: &[Sample], near: usize) -> Result<usize, usize> {
    let timestamp = sample.timestamp();
    let mut place = near.min(samples.len());
    for _ in 0..NEAR {
        match samples.get(place).map(|there| there.timestamp()) {
            Some(there) if there == timestamp => return Ok(place),
            Some(there) if there < timestamp => place += 1,
            _ => match place.checked_sub(1) {
                Some(before) if samples[before].timestamp() >= timestamp => place = before,
                _ => return Err(place),
            },
        }
    }
    samples.binary_search_by_key(&timestamp, |sample| sample.timestamp())
}

/// The least capacity of a head.
const SMALLEST: usize = 4;

/// The maximum number of steps to walk.
const NEAR: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backing::Never;

    #[test]
    fn a_series_whose_last_chunk_is_emptied_before_the_head_is_full_goes_on() {
        let (mut series, memory) = (Series::<Never>::default(), Memory::new(usize::MAX, 0, 3));
        let put = |series: &mut Series<Never>, timestamp: i64, samples: usize| {
            let sample = Sample::new(1.0, timestamp).unwrap();
            series.take(sample, Bounds { samples, chunk: 8 }, &memory)
        };
        // Two chunks of 7; two late samples make 9 of the second, which the third splits.
        for timestamp in (0..15).map(|step| step * 10).chain([101, 102, 5]) {
            assert_eq!(put(&mut series, timestamp, usize::MAX), Ok(Taken::Added));
        }
        // Only the second half of the second chunk is left, which has less than a head has room for.
        for _ in 0..2 {
            series.len -= series.chunks.as_mut().unwrap().drop_oldest();
        }
        assert!(series.len < 8, "{}", series.len);
        for timestamp in 200..300 {
            assert_eq!(put(&mut series, timestamp, 1), Ok(Taken::Evicted));
            assert!(
                series
                    .summary(|_| unreachable!())
                    .unwrap()
                    .is_some_and(|summary| summary.samples == series.len)
            );
        }
    }
}
