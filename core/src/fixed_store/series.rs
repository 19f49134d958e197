//! One series of a store of fixed size.

use core::mem;

use heapless::{Deque, String};

use crate::counters::Taken;
use crate::query::Query;
use crate::sample::Sample;
use crate::store::{Refused, Summary};

/// A key and its samples by timestamp, the oldest first.
#[derive(Debug)]
pub(super) struct Series<const SAMPLES: usize, const KEY: usize> {
    pub(super) key: String<KEY>,
    samples: Deque<Sample, SAMPLES>,
}

impl<const SAMPLES: usize, const KEY: usize> Series<SAMPLES, KEY> {
    pub(super) fn new(key: String<KEY>) -> Self {
        Self { key, samples: Deque::new() }
    }

    /// Removes all samples; returns their number.
    pub(super) fn clear(&mut self) -> usize {
        let count = self.samples.len();
        self.samples.clear();
        count
    }

    pub(super) fn take(&mut self, sample: Sample) -> Result<Taken, Refused> {
        let rank = self.rank(sample.timestamp());
        let there = self.samples.get_mut(rank);
        if let Some(there) = there.filter(|there| there.timestamp() == sample.timestamp()) {
            *there = sample;
            return Ok(Taken::Replaced);
        }
        if !self.samples.is_full() {
            self.insert(rank, sample);
            return Ok(Taken::Added);
        }
        let rank = rank.checked_sub(1).ok_or(Refused::TooOld)?;
        self.samples.pop_front();
        self.insert(rank, sample);
        Ok(Taken::Evicted)
    }

    /// Inserts a sample at its rank. The caller has made room.
    fn insert(&mut self, rank: usize, sample: Sample) {
        let mut moved = sample;
        let (old, new) = self.samples.as_mut_slices();
        let (in_old, in_new) = (rank.min(old.len()), rank.saturating_sub(old.len()));
        let newer = old.iter_mut().skip(in_old).chain(new.iter_mut().skip(in_new));
        for newer in newer {
            mem::swap(newer, &mut moved);
        }
        let _ = self.samples.push_back(moved);
    }

    pub(super) fn summary(&self) -> Option<Summary> {
        let (&first, &last) = (self.samples.front()?, self.samples.back()?);
        Some(Summary { samples: self.samples.len(), first, last })
    }

    /// Returns the timestamps that a query selects, up to the newest sample that exists now.
    pub(super) fn range(&self, query: &Query<'_>) -> Range {
        if query.newest == 0 {
            return NONE;
        }
        let newest = self.samples.back().map_or(i64::MIN, |sample| sample.timestamp());
        let last = query.until.min(newest);
        if query.newest >= SAMPLES {
            return (query.since, last);
        }
        let count = last.checked_add(1).map_or(self.samples.len(), |after| self.rank(after));
        let next = self.samples.iter().nth(count.saturating_sub(query.newest));
        let next = next.map_or(i64::MAX, |sample| sample.timestamp());
        (query.since.max(next), last)
    }

    /// Returns the samples from `next` to `last`, in the two slices of the ring.
    pub(super) fn within(&self, next: i64, last: i64) -> [&[Sample]; 2] {
        let end = last.checked_add(1).map_or(self.samples.len(), |after| self.rank(after));
        let (old, new) = self.samples.as_slices();
        let is_first = self.samples.front().is_none_or(|first| first.timestamp() >= next);
        let start = if is_first { 0 } else { self.rank(next).min(end) };
        let part = |part: &'_ [Sample], before: usize| {
            let at = |place: usize| place.saturating_sub(before).min(part.len());
            at(start)..at(end)
        };
        let parts = [(old, part(old, 0)), (new, part(new, old.len()))];
        parts.map(|(samples, range)| samples.get(range).unwrap_or_default())
    }

    /// Returns the number of samples before `timestamp`.
    fn rank(&self, timestamp: i64) -> usize {
        let before = |sample: &Sample| sample.timestamp() < timestamp;
        match (self.samples.back(), self.samples.as_slices()) {
            (Some(last), _) if before(last) => self.samples.len(),
            (_, (old, new)) if old.last().is_none_or(before) => {
                old.len().saturating_add(new.partition_point(before))
            }
            (_, (old, _)) => old.partition_point(before),
        }
    }
}

/// The first and the last timestamp of an inclusive range.
pub(super) type Range = (i64, i64);

/// The empty range.
const NONE: Range = (i64::MAX, i64::MIN);
