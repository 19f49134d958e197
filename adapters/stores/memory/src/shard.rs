//! A part of the table: series by the hash of their keys.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashTable;
use metric_proto::{Counts, Refused, Sample};

use crate::series::{Bounds, Series};

/// Some of the series. Each keeps its slot for good.
#[derive(Debug, Default)]
pub(crate) struct Shard {
    slots: HashTable<u32>,
    series: Vec<(Arc<[u8]>, Series)>,
    counts: Counts,
}

/// A shard and its lock. No two share a cache line, or a pair of them that a processor fetches at
/// once: threads at work in different ones do not disturb each other.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Locked(Mutex<Shard>);

impl Locked {
    /// The shard, even if a thread panicked with it: no call leaves it half changed.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Shard> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shard {
    /// The slot of a key.
    pub(crate) fn find(&self, hash: u64, key: &[u8]) -> Option<usize> {
        let slot = self.slots.find(hash, |&slot| *self.series[slot as usize].0 == *key)?;
        Some(*slot as usize)
    }

    /// Adds a series for a key that has none; returns its slot.
    pub(crate) fn add(
        &mut self,
        hash: u64,
        key: Arc<[u8]>,
        hash_of: impl Fn(&[u8]) -> u64,
    ) -> usize {
        let slot = self.series.len();
        self.series.push((key, Series::default()));
        let rehash = |&slot: &u32| hash_of(&self.series[slot as usize].0);
        self.slots.insert_unique(hash, slot as u32, rehash);
        slot
    }

    /// Puts a sample in the series of a slot. Inlined, as is [`Series::take`]: the two calls would be
    /// a sixth of what a put takes here.
    #[inline(always)]
    pub(crate) fn take(
        &mut self,
        slot: usize,
        sample: Sample,
        bounds: Bounds,
    ) -> Result<(), Refused> {
        let taken = self.series[slot].1.take(sample, bounds);
        match taken {
            Ok(taken) => self.counts.take(taken),
            Err(refused) => self.counts.refuse(refused),
        }
        taken.map(|_| ())
    }

    /// Counts a sample that no series is there for.
    pub(crate) fn refuse(&mut self, refused: Refused) {
        self.counts.refuse(refused);
    }

    /// The key of a slot, if there is that slot.
    pub(crate) fn key(&self, slot: usize) -> Option<Arc<[u8]>> {
        self.series.get(slot).map(|(key, _)| Arc::clone(key))
    }

    /// The samples of a slot that are not before a timestamp.
    pub(crate) fn since(&self, slot: usize, timestamp: i64) -> impl Iterator<Item = Sample> {
        self.series[slot].1.since(timestamp)
    }

    /// Of the series of this shard.
    pub(crate) fn counts(&self) -> Counts {
        Counts { series: self.series.len(), ..self.counts }
    }
}
