//! The samples of one series.
//!
//! ```text
//!   oldest ────────────────────────────────────▶ newest
//!   ┌─────────┬─────────┬─────────┬─────────┐ ┌──────────┐
//!   │ chunk 0 │ chunk 1 │ chunk 2 │ chunk 3 │ │   head   │◀── most puts
//!   └─────────┴─────────┴─────────┴─────────┘ └──────────┘
//!             chunks.rs: compressed            as they are
//! ```

use metric_proto::{Query, Refused, Sample, Summary, Taken};

use crate::chunks::Chunks;
use crate::memory::Memory;

/// How much a series holds, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Samples in a series, at least one.
    pub(crate) samples: usize,
    /// Samples that are sealed together, at least two.
    pub(crate) chunk: usize,
}

/// Samples in the order of their timestamps. The head has one at least, unless all is empty.
#[derive(Debug, Default)]
pub(crate) struct Series {
    head: Vec<Sample>,
    chunks: Option<Box<Chunks>>,
    len: usize,
    /// Whether samples were dropped to make room in memory.
    trimmed: bool,
    /// Behind the last sample that was put in the head, where the next is most likely due.
    next: u32,
}

impl Series {
    /// Puts a sample where it belongs; of more samples than the bound the oldest gives way.
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
        self.head.reserve(1);
        memory.grow((self.head.capacity() - before) * size_of::<Sample>());
    }

    /// Drops the oldest sample. That leaves one in the chunks, or enough in the head to seal it next.
    fn evict(&mut self, memory: &Memory) {
        match &mut self.chunks {
            Some(chunks) => memory.shrink(chunks.evict()),
            None => _ = self.head.remove(0),
        }
    }

    /// Moves a full head to the chunks, all but the newest sample.
    fn seal(&mut self, chunk: usize, memory: &Memory) {
        if self.head.len() >= chunk {
            let old = self.head.drain(..chunk - 1);
            memory.grow(self.chunks.get_or_insert_default().push(old.as_slice()));
        }
    }

    /// Drops the oldest samples until the rest takes up to `level` bytes, but the last one; returns
    /// how many it dropped.
    pub(crate) fn trim(&mut self, level: usize, memory: &Memory) -> usize {
        let (samples, bytes) = (self.len, self.bytes());
        while self.bytes() > level
            && let Some(chunks) = &mut self.chunks
        {
            self.len -= chunks.drop_oldest();
            if chunks.is_empty() {
                self.chunks = None;
            }
        }
        while self.bytes() > level && self.head.len() > 1 {
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

    /// How many bytes the samples take.
    pub(crate) fn bytes(&self) -> usize {
        let chunks = self.chunks.as_ref().map_or(0, |chunks| chunks.bytes());
        self.head.capacity() * size_of::<Sample>() + chunks
    }

    /// How many samples there are.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The ends of the series, unless it is empty. At most one chunk is opened for them.
    pub(crate) fn summary(&self) -> Option<Summary> {
        let first = self.chunks.as_ref().and_then(|chunks| chunks.first());
        let (&oldest_of_head, &last) = (self.head.first()?, self.head.last()?);
        Some(Summary { samples: self.len, first: first.unwrap_or(oldest_of_head), last })
    }

    /// From which timestamp to which the samples are that a query selects now.
    pub(crate) fn range(&self, query: &Query<'_>) -> Range {
        let Some(skip) = query.newest.checked_sub(1) else { return NONE };
        let newest = self.head.last().map_or(i64::MIN, |sample| sample.timestamp());
        let last = query.until.min(newest);
        if query.newest >= self.len {
            return (query.since, last);
        }
        (query.since.max(self.back(last, skip)), last)
    }

    /// The timestamp of the sample at or before `last`, less so many before it.
    fn back(&self, last: i64, skip: usize) -> i64 {
        let count = self.head.partition_point(|sample| sample.timestamp() <= last);
        match count.checked_sub(skip + 1) {
            Some(place) => self.head[place].timestamp(),
            None => self.chunks.as_ref().map_or(i64::MIN, |chunks| chunks.back(last, skip - count)),
        }
    }

    /// The first sample of a range at which `stops` says so.
    pub(crate) fn find(
        &self,
        range: Range,
        mut stops: impl FnMut(Sample) -> bool,
    ) -> Option<Sample> {
        let mut find = |samples: &[Sample]| {
            within(samples, range).iter().copied().find(|&sample| stops(sample))
        };
        let is_old = self.head.first().is_some_and(|first| range.0 < first.timestamp());
        let chunks = self.chunks.iter().filter(|_| is_old);
        let mut old = chunks.flat_map(|chunks| chunks.within(range));
        old.find_map(|chunk| find(&chunk)).or_else(|| find(&self.head))
    }
}

/// The samples of a range.
fn within(samples: &[Sample], (next, last): Range) -> &[Sample] {
    let start = samples.partition_point(|sample| sample.timestamp() < next);
    let end = match samples.last() {
        Some(newest) if newest.timestamp() > last => {
            samples.partition_point(|sample| sample.timestamp() <= last)
        }
        _ => samples.len(),
    };
    samples.get(start..end).unwrap_or_default()
}

/// From a timestamp to another, both of them in it.
pub(crate) type Range = (i64, i64);

/// No timestamp at all.
const NONE: Range = (i64::MAX, i64::MIN);

/// Where a sample of this timestamp is, or else where one would be put.
///
/// It is mostly near the last one, where a walk touches a cache line or two. A search of all, each
/// step of which waits for a line, took a third of the time of a whole put.
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

/// The room of a head that a second sample does not make grow.
const SMALLEST: usize = 4;

/// How many steps are walked at most.
const NEAR: usize = 16;
