//! A part of the table: series by the hash of their keys.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashTable;
use metric_proto::{Refused, Sample, StoreCounters};

use crate::backing::{Backing, Log, Logged};
use crate::memory::Memory;
use crate::parts::Parts;
use crate::sealed::ALLOCATION;
use crate::series::{Bounds, Series};
use crate::silent::JUST_NOW;

/// A part of the series. A series keeps its slot until it is removed.
#[derive(Debug)]
pub(crate) struct Shard<B: Backing> {
    slots: HashTable<u32>,
    series: Vec<Slot<B>>,
    /// Slots whose series were removed.
    free: Vec<u32>,
    counters: StoreCounters,
}

/// A series and its key. After the series is removed, the key stays until the slot is reused, for
/// scans that stopped in the series.
#[derive(Debug)]
pub(crate) struct Slot<B: Backing> {
    pub(crate) key: Arc<[u8]>,
    pub(crate) series: Series<B::Run>,
    /// The number of series that had this slot before.
    pub(crate) generation: u16,
    pub(crate) mark: B::Mark,
    /// When it got its last sample, see [`silent`](crate::silent). A backing remembers that itself.
    pub(crate) last: u32,
}

impl<B: Backing> Slot<B> {
    fn new(key: Arc<[u8]>) -> Self {
        let (series, mark) = (Series::default(), B::Mark::default());
        Self { key, series, generation: 0, mark, last: JUST_NOW }
    }

    /// Returns the series as the log sees it.
    fn logged(&mut self) -> Logged<'_, B::Mark> {
        Logged { key: &self.key, mark: &mut self.mark }
    }

    /// Returns the bytes that a series takes beside its samples: the slot, the key, and the entries
    /// of the hash table and of the index.
    pub(crate) fn bytes(key: &[u8]) -> usize {
        size_of::<Self>() + key.len() + ENTRIES
    }
}

/// The counts of an `Arc`, the own bytes of two allocations, those of the key and of the head, a place
/// in the hash table, and one in the nodes of the index, both of which are two thirds full.
const ENTRIES: usize = 16 + 2 * ALLOCATION + 8 + 56;

/// A shard and its lock. Each has its own pair of cache lines, since processors fetch pairs:
/// threads in different shards do not slow each other down.
#[derive(Debug)]
#[repr(align(128))]
pub(crate) struct Locked<B: Backing>(Mutex<Shard<B>>);

impl<B: Backing> Default for Locked<B> {
    fn default() -> Self {
        let counters = StoreCounters::default();
        let (series, free) = (Vec::new(), Vec::new());
        Self(Mutex::new(Shard { slots: HashTable::new(), series, free, counters }))
    }
}

impl<B: Backing> Locked<B> {
    /// Locks the shard, even if a thread panicked with it: no call leaves it half changed.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Shard<B>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B: Backing> Shard<B> {
    /// Returns the slot of a key.
    pub(crate) fn find(&self, hash: u64, key: &[u8]) -> Option<usize> {
        let slot = self.slots.find(hash, |&slot| *self.series[slot as usize].key == *key)?;
        Some(*slot as usize)
    }

    /// Adds a series for a new key; returns its slot, and the former contents of the slot.
    pub(crate) fn add(
        &mut self,
        hash: u64,
        key: Arc<[u8]>,
        hash_of: impl Fn(&[u8]) -> u64,
    ) -> (usize, Option<Slot<B>>) {
        let slot = self.free.pop().map_or(self.series.len(), |slot| slot as usize);
        let mut new = Slot::new(key);
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

    /// Removes the series of a key with its samples.
    pub(crate) fn remove(
        &mut self,
        (hash, key): (u64, &[u8]),
        memory: &Memory,
        log: &mut B::Log<'_>,
    ) -> Result<(), Refused> {
        let is_key = |&slot: &u32| *self.series[slot as usize].key == *key;
        let Ok(found) = self.slots.find_entry(hash, is_key) else { return Ok(()) };
        log.admit()?;
        let (slot, _) = found.remove();
        self.free.push(slot);
        let slot = slot as usize;
        log.remove(self.series[slot].logged());
        let series = std::mem::take(&mut self.series[slot].series);
        self.series[slot].mark = B::Mark::default();
        self.counters.samples -= series.len();
        memory.shrink(Slot::<B>::bytes(key) + series.bytes());
        Ok(())
    }

    /// Puts a sample in the series of a slot. Inlined, as is [`Series::take`]: the two calls would
    /// take a sixth of the time of a put.
    #[inline(always)]
    pub(crate) fn take(
        &mut self,
        slot: usize,
        sample: Sample,
        bounds: Bounds,
        memory: &Memory,
        log: &mut B::Log<'_>,
    ) -> Result<(), Refused> {
        log.admit()?;
        let slot = &mut self.series[slot];
        match slot.series.take(sample, bounds, memory) {
            Ok(taken) => {
                self.counters.take(taken);
                if !B::WAITS {
                    slot.last = JUST_NOW;
                }
                log.put(slot.logged(), sample);
                Ok(())
            }
            Err(refused) => {
                self.counters.refuse(refused);
                Err(refused)
            }
        }
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

    /// Gives a time to the series that have got a sample since the last call; returns the keys of
    /// those that have got none since `before`.
    pub(crate) fn silent(&mut self, now: u32, before: u32) -> Vec<Arc<[u8]>> {
        let mut silent = Vec::new();
        for slot in &mut self.series {
            if slot.last == JUST_NOW {
                slot.last = now;
            } else if slot.last < before {
                silent.push(Arc::clone(&slot.key));
            }
        }
        silent
    }

    /// Visits the parts of the series of a slot.
    pub(crate) fn parts<T>(
        &mut self,
        slot: usize,
        bounds: Bounds,
        memory: &Memory,
        visit: impl FnOnce(Parts<'_, B>) -> T,
    ) -> T {
        let before = self.series[slot].series.len();
        let result = visit(Parts { slot: &mut self.series[slot], bounds, memory });
        let after = self.series[slot].series.len();
        self.counters.samples = self.counters.samples + after - before;
        result
    }

    /// Counts a refused sample that has no series.
    pub(crate) fn refuse(&mut self, refused: Refused) {
        self.counters.refuse(refused);
    }

    /// Returns all slots, including those of removed series.
    pub(crate) fn series(&self) -> &[Slot<B>] {
        &self.series
    }

    /// Returns the counters of this shard.
    pub(crate) fn counters(&self) -> StoreCounters {
        let mut counters = self.counters;
        counters.series = self.slots.len();
        counters
    }
}
