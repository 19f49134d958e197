//! The parts of a series, for a backing that moves them elsewhere and back.

use std::collections::VecDeque;
use std::ops::Bound::{Excluded, Unbounded};
use std::ops::Range;
use std::sync::{Arc, PoisonError};

use metric_proto::Sample;

use crate::MemoryStore;
use crate::backing::Backing;
use crate::memory::Memory;
use crate::sealed::Sealed;
use crate::series::Bounds;
use crate::shard::Slot;

impl<B: Backing> MemoryStore<B> {
    /// Visits the series behind a key, up to `count`, in byte order of their keys. Each is locked
    /// during its visit. Returns the last key, to continue behind it.
    pub fn visit_parts(
        &self,
        after: Option<&[u8]>,
        count: usize,
        mut visit: impl FnMut(Parts<'_, B>),
    ) -> Option<Arc<[u8]>> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let start = after.map_or(Unbounded, Excluded);
        let mut last = None;
        for (key, place) in index.places.range::<[u8], _>((start, Unbounded)).take(count) {
            self.shard(place.shard).parts(place.slot, self.bounds, &self.memory, &mut visit);
            last = Some(Arc::clone(key));
        }
        last
    }

    /// Visits a series, if it exists.
    pub fn parts<T>(&self, key: &[u8], visit: impl FnOnce(Parts<'_, B>) -> T) -> Option<T> {
        let hash = self.hash(key);
        let mut shard = self.shard(self.shard_of(hash));
        let slot = shard.find(hash, key)?;
        Some(shard.parts(slot, self.bounds, &self.memory, visit))
    }

    /// Visits a series. A missing one is added without samples, whatever the bounds, and nothing is
    /// logged: this is for recovery.
    pub fn restore<T>(&self, key: &[u8], visit: impl FnOnce(Parts<'_, B>) -> T) -> T {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let hash = self.hash(key);
        let number = self.shard_of(hash);
        let mut shard = self.shard(number);
        let slot = shard.find(hash, key);
        let slot = slot.unwrap_or_else(|| self.insert(&mut index, &mut shard, number, (hash, key)));
        shard.parts(slot, self.bounds, &self.memory, visit)
    }

    /// Returns the run that must be loaded before a sample can be put: that of a late sample.
    pub fn run_of(&self, key: &[u8], timestamp: i64) -> Option<B::Run> {
        self.parts(key, |parts| {
            let is_late = parts.head().first().is_none_or(|first| timestamp < first.timestamp());
            let run = parts.slot.series.chunks()?.run_of(timestamp).cloned();
            run.filter(|_| is_late)
        })?
    }
}

/// A series that is locked.
#[derive(Debug)]
pub struct Parts<'a, B: Backing> {
    pub(crate) slot: &'a mut Slot<B>,
    pub(crate) bounds: Bounds,
    pub(crate) memory: &'a Memory,
}

impl<B: Backing> Parts<'_, B> {
    /// Returns the key.
    #[must_use]
    pub fn key(&self) -> &[u8] {
        &self.slot.key
    }

    /// Returns what the backing remembers for the series.
    pub fn mark(&mut self) -> &mut B::Mark {
        &mut self.slot.mark
    }

    /// Returns the number of samples.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.slot.series.len()
    }

    /// Returns the newest samples, which are in memory and not sealed. A series that has samples
    /// has at least one here.
    #[must_use]
    pub fn head(&self) -> &[Sample] {
        self.slot.series.head()
    }

    /// Returns the older samples. No chunk is open after [`close`](Self::close).
    #[must_use]
    pub fn sealed(&self) -> Option<&VecDeque<Sealed<B::Run>>> {
        self.slot.series.chunks().map(|chunks| chunks.sealed())
    }

    /// Seals the chunk that is open, so that [`sealed`](Self::sealed) has all older samples.
    pub fn close(&mut self) {
        self.slot.series.close(self.bounds.chunk, self.memory);
    }

    /// Seals all but the newest sample.
    pub fn seal_head(&mut self) {
        self.slot.series.seal_head(self.memory);
    }

    /// Starts the head of a series that has none, at recovery.
    pub fn start_head(&mut self, newest: Sample) {
        self.slot.series.start_head(newest, self.memory);
    }

    /// Drops the oldest samples of a series that has more than it may.
    pub fn trim(&mut self) {
        self.slot.series.evict_to(self.bounds.samples, self.memory);
    }

    /// Replaces a range of [`sealed`](Self::sealed). No chunk may be open.
    pub fn replace(&mut self, range: Range<usize>, with: impl IntoIterator<Item = Sealed<B::Run>>) {
        self.slot.series.replace(range, with, self.memory);
    }

    /// Drops those of [`sealed`](Self::sealed) of which this is false. No chunk may be open. Returns how
    /// many samples were dropped.
    pub fn retain(&mut self, is_kept: impl FnMut(&Sealed<B::Run>) -> bool) -> usize {
        let before = self.samples();
        self.slot.series.retain(is_kept, self.memory);
        before - self.samples()
    }

    /// Replaces a run that was read by its samples in memory, if it is still there. Returns whether
    /// it was.
    pub fn load(&mut self, run: &B::Run, samples: &[Sample]) -> bool {
        self.close();
        let is_run =
            |sealed: &Sealed<B::Run>| matches!(sealed, Sealed::There(there) if there == run);
        let place = self.sealed().and_then(|sealed| sealed.iter().position(is_run));
        if let Some(place) = place {
            self.slot.series.load(place, samples, self.bounds.chunk, self.memory);
        }
        place.is_some()
    }
}
