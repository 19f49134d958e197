//! A part of the table: series by the hash of their keys.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashTable;
use metric_proto::{Refused, Sample, StoreCounters};

use crate::memory::Memory;
use crate::series::{Bounds, Series};

/// Some of the series. Each keeps its slot until it is removed.
#[derive(Debug, Default)]
pub(crate) struct Shard {
    slots: HashTable<u32>,
    series: Vec<Slot>,
    /// Slots whose series were removed.
    free: Vec<u32>,
    counters: StoreCounters,
}

/// A series and its key, which stay for scans that were at a series when it was removed, until
/// another series has the slot.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    pub(crate) key: Arc<[u8]>,
    pub(crate) series: Series,
    /// How many series had this slot before.
    pub(crate) generation: u16,
}

impl Slot {
    /// How many bytes a series takes beside its samples: the slot, the key, and the entries of the
    /// hash table and of the index.
    pub(crate) fn bytes(key: &[u8]) -> usize {
        size_of::<Self>() + key.len() + ENTRIES
    }
}

/// The counts of an `Arc`, an allocation's own bytes, a place in the hash table, and one in the nodes
/// of the index, both of which are two thirds full.
const ENTRIES: usize = 16 + 16 + 8 + 56;

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
        let slot = self.slots.find(hash, |&slot| *self.series[slot as usize].key == *key)?;
        Some(*slot as usize)
    }

    /// Adds a series for a key that has none; returns its slot, and what was in it before.
    pub(crate) fn add(
        &mut self,
        hash: u64,
        key: Arc<[u8]>,
        hash_of: impl Fn(&[u8]) -> u64,
    ) -> (usize, Option<Slot>) {
        let slot = self.free.pop().map_or(self.series.len(), |slot| slot as usize);
        let mut new = Slot { key, ..Slot::default() };
        let before = match self.series.get_mut(slot) {
            Some(free) => {
                new.generation = free.generation.wrapping_add(1);
                Some(std::mem::replace(free, new))
            }
            None => {
                self.series.push(new);
                None
            }
        };
        let rehash = |&slot: &u32| hash_of(&self.series[slot as usize].key);
        self.slots.insert_unique(hash, slot as u32, rehash);
        (slot, before)
    }

    /// Removes the series of a key with its samples; says whether it was there.
    pub(crate) fn remove(&mut self, hash: u64, key: &[u8], memory: &Memory) -> bool {
        let is_key = |&slot: &u32| *self.series[slot as usize].key == *key;
        let Ok(found) = self.slots.find_entry(hash, is_key) else { return false };
        let (slot, _) = found.remove();
        let series = std::mem::take(&mut self.series[slot as usize].series);
        self.counters.samples -= series.len();
        memory.shrink(Slot::bytes(key) + series.bytes());
        self.free.push(slot);
        true
    }

    /// Puts a sample in the series of a slot. Inlined, as is [`Series::take`]: the two calls would be
    /// a sixth of what a put takes here.
    #[inline(always)]
    pub(crate) fn take(
        &mut self,
        slot: usize,
        sample: Sample,
        bounds: Bounds,
        memory: &Memory,
    ) -> Result<(), Refused> {
        let taken = self.series[slot].series.take(sample, bounds, memory);
        match taken {
            Ok(taken) => self.counters.take(taken),
            Err(refused) => self.counters.refuse(refused),
        }
        taken.map(|_| ())
    }

    /// Drops the oldest samples of each series that takes more than `level` bytes, until the store
    /// takes no more than it should.
    pub(crate) fn trim(&mut self, level: usize, memory: &Memory) {
        for slot in &mut self.series {
            if memory.used() <= memory.low() {
                return;
            }
            let dropped = slot.series.trim(level, memory);
            self.counters.samples -= dropped;
            self.counters.evicted += dropped as u64;
        }
    }

    /// Counts a sample that no series is there for.
    pub(crate) fn refuse(&mut self, refused: Refused) {
        self.counters.refuse(refused);
    }

    /// All slots, also those whose series were removed.
    pub(crate) fn series(&self) -> &[Slot] {
        &self.series
    }

    /// Of the series of this shard.
    pub(crate) fn counters(&self) -> StoreCounters {
        let mut counters = self.counters;
        counters.series = self.slots.len();
        counters
    }
}
