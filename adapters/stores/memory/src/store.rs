//! The store: its series by key, over shards.

use std::hash::{BuildHasher, Hasher};
use std::ops::ControlFlow;
use std::sync::{Arc, MutexGuard, PoisonError, RwLock};

use foldhash::fast::RandomState;
use metric_proto::{
    Key, Portion, Position, Query, Refused, Sample, Scan, Store, StoreCounters, Summary,
};

use crate::backing::{Backing, Log};
use crate::batch::Batch;
use crate::index::{Index, Place};
use crate::layout::Layout;
use crate::memory::Memory;
use crate::sealed::CAPACITY;
use crate::series::Bounds;
use crate::shard::{Locked, Shard, Slot};

/// Stores any number of series and samples, up to two bounds.
///
/// # Costs
///
/// Memory grows with the contents. A series takes about 300 bytes with one sample, and up to 2,500
/// with the newest 127, which are not compressed. Older samples are compressed: to 1 byte each if
/// they are readings with few decimal places that change little, to 8 if they are random doubles.
/// The chunk of the last late sample stays open, for up to 4,100 bytes more.
///
/// A put after the newest sample, or near the put before, takes the same time whatever the size of
/// the store. A late put that is not near the last late one takes some microseconds.
///
/// A handle is a shared reference. A put locks the shard of its key, a scan one shard after the
/// other, so neither waits for the whole store. Only adding and removing a series wait until a scan
/// of all series ends or breaks.
///
/// # Several threads
///
/// Every operation on a series holds the lock of its shard. So all threads see the changes of a
/// series in the same order, and every operation that begins after a put has returned sees its
/// sample. A series is added under the lock of the index, so that no two threads add the same one
/// or exceed the bound. That lock is always taken before a shard's, and never two shards' at once,
/// so there is no deadlock. Atomics only count bytes and remember that
/// there are too many.
///
/// Only a [`Position`] outlives an operation: the unique number of a series, and timestamps.
/// Between two calls of a scan others may put. The next call sees what they put after the position,
/// but not what they put before it or evicted. A sample that exists throughout is seen exactly
/// once.
#[derive(Debug)]
pub struct MemoryStore<B: Backing = ()> {
    max_series: usize,
    pub(crate) bounds: Bounds,
    pub(crate) memory: Memory,
    hasher: RandomState,
    /// Marks the positions of this store.
    pub(crate) identity: u16,
    /// The shards; their number is a power of two.
    pub(crate) shards: Box<[Locked<B>]>,
    /// The places of all series. It is locked before any shard.
    pub(crate) index: RwLock<Index>,
    pub(crate) backing: B,
}

impl MemoryStore {
    /// Creates an empty store for up to `max_series` series of up to `max_samples` samples each.
    ///
    /// # Panics
    ///
    /// If `max_samples` is 0.
    #[must_use]
    pub fn new(max_series: usize, max_samples: usize) -> Self {
        Self::with_layout(Layout::default(), max_series, max_samples)
    }

    /// Creates an empty store with the given layout.
    ///
    /// # Panics
    ///
    /// If `max_samples` is 0, or [`Layout::chunk`] is not 2 to 128.
    #[must_use]
    pub fn with_layout(layout: Layout, max_series: usize, max_samples: usize) -> Self {
        Self::with_backing(layout, max_series, max_samples, ())
    }
}

impl<B: Backing> MemoryStore<B> {
    /// Creates an empty store over a backing.
    ///
    /// # Panics
    ///
    /// If `max_samples` is 0, or [`Layout::chunk`] is not 2 to 128.
    #[must_use]
    pub fn with_backing(layout: Layout, max_series: usize, max_samples: usize, backing: B) -> Self {
        assert!(max_samples > 0, "a series must have room for a sample");
        let Layout { shards, chunk } = layout;
        assert!((2..=CAPACITY).contains(&chunk), "a chunk has 2 to {CAPACITY} samples");
        let shards = (0..shards.next_power_of_two()).map(|_| Locked::default()).collect();
        let (hasher, index) = <(RandomState, _)>::default();
        let identity = hasher.hash_one("identity") as u16;
        let bounds = Bounds { samples: max_samples, chunk };
        let memory = Memory::new(usize::MAX, 0, B::QUARTERS);
        Self { max_series, bounds, memory, hasher, identity, shards, index, backing }
    }

    /// Returns what lies under it.
    pub fn backing(&self) -> &B {
        &self.backing
    }

    /// Notes that a backing has moved all it could out of memory. Returns whether that was enough. If not,
    /// new keys are refused, and existing series may take a little more.
    pub fn has_moved(&self) -> bool {
        self.memory.moved()
    }

    /// Returns whether new keys are refused because the series that are there take too much memory.
    pub fn is_full(&self) -> bool {
        self.memory.is_full()
    }

    /// Returns the number of samples at which a head is sealed, and the most in a chunk.
    pub fn chunk(&self) -> usize {
        self.bounds.chunk
    }

    /// Returns a handle for a batch of requests.
    pub fn batch(&self) -> Batch<'_, B> {
        Batch::new(self)
    }

    /// Bounds the bytes that all series together take. Otherwise only the number of series and of
    /// their samples is bounded.
    ///
    /// At the bound the largest series drop their oldest samples, but never the last one, until a
    /// sixteenth is free. Dropped samples are counted as evicted. From then on, until a quarter is
    /// free, a new key is refused, and so is a sample that is older than all that is left of a
    /// series that dropped some.
    ///
    /// The table of shards and the allocator's overhead are not counted.
    #[must_use]
    pub fn with_max_memory(mut self, bytes: usize) -> Self {
        self.memory = Memory::new(bytes, self.memory.used(), B::QUARTERS);
        self
    }

    /// Returns the bytes that all series together take.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.memory.used()
    }

    pub(crate) fn hash(&self, key: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(key);
        hasher.finish()
    }

    /// Returns the shard of a hash. It uses the middle bits, since the hash table in the shard uses
    /// the first and the last ones.
    pub(crate) fn shard_of(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.shards.len() - 1)
    }

    pub(crate) fn shard(&self, shard: usize) -> MutexGuard<'_, Shard<B>> {
        self.shards[shard].lock()
    }

    /// Puts a sample of a new key; another thread may have added the series meanwhile. Cold, so
    /// that it is not inlined into other puts.
    #[cold]
    pub(crate) fn add(&self, (hash, key): (u64, &[u8]), sample: Sample) -> Result<(), Refused> {
        if B::WAITS && self.memory.is_crowded() && !self.memory.is_full() {
            B::make_room(self)?;
        }
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let number = self.shard_of(hash);
        let (mut shard, mut log) = (self.shard(number), self.backing.log());
        let slot = match shard.find(hash, key) {
            Some(slot) => slot,
            None if index.places.len() >= self.max_series || self.memory.is_full() => {
                shard.refuse(Refused::TableFull);
                return Err(Refused::TableFull);
            }
            None => {
                log.admit()?;
                self.insert(&mut index, &mut shard, number, (hash, key))
            }
        };
        shard.take(slot, sample, self.bounds, &self.memory, &mut log)
    }

    /// Adds a series without samples; returns its slot.
    pub(crate) fn insert(
        &self,
        index: &mut Index,
        shard: &mut Shard<B>,
        number: usize,
        (hash, key): (u64, &[u8]),
    ) -> usize {
        self.memory.grow(Slot::<B>::bytes(key));
        let key: Arc<[u8]> = key.into();
        let (slot, before) = shard.add(hash, Arc::clone(&key), |key| self.hash(key));
        let place = Place { shard: number, slot };
        index.places.insert(key, place);
        if let Some(before) = before {
            index.note_gone(self.number(place, &before), before.key);
        }
        slot
    }

    /// Removes a series; see [`Store::remove`].
    ///
    /// # Errors
    ///
    /// If the log admits no change.
    pub fn remove_series(&self, key: &[u8]) -> Result<bool, Refused> {
        Ok(self.remove_series_if(key, |_| true)?.is_some())
    }

    /// Removes a series if this is true of what the backing remembers for it. Returns how many samples
    /// it had; `None` if it was not removed.
    ///
    /// # Errors
    ///
    /// If the log admits no change.
    pub fn remove_series_if(
        &self,
        key: &[u8],
        is_removed: impl FnOnce(&B::Mark) -> bool,
    ) -> Result<Option<usize>, Refused> {
        self.remove_slot_if(key, |slot| is_removed(&slot.mark))
    }

    pub(crate) fn remove_slot_if(
        &self,
        key: &[u8],
        is_removed: impl FnOnce(&Slot<B>) -> bool,
    ) -> Result<Option<usize>, Refused> {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let Some(&place) = index.places.get(key) else { return Ok(None) };
        let (mut shard, mut log) = (self.shard(place.shard), self.backing.log());
        let slot = &shard.series()[place.slot];
        if !is_removed(slot) {
            return Ok(None);
        }
        let samples = slot.series.len();
        shard.remove((self.hash(key), key), &self.memory, &mut log)?;
        index.places.remove(key);
        Ok(Some(samples))
    }

    /// Returns how full the store is, and what it evicted and refused.
    pub fn count(&self) -> StoreCounters {
        let shards = (0..self.shards.len()).map(|shard| self.shard(shard).counters());
        shards.fold(StoreCounters::ZERO, StoreCounters::and)
    }
}

impl Store for &MemoryStore {
    const WAITS: bool = false;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        Batch::new(self).put(key, sample)
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        self.remove_series(key.as_bytes())
    }

    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        self.scan_over(query, from, |run| match *run {}, visit)
    }

    fn aggregate(
        &self,
        query: &Query<'_>,
        from: Position,
        end_of: impl Fn(i64) -> i64,
        visit: impl FnMut(Key<'_>, Portion<'_>) -> ControlFlow<usize>,
    ) -> Scan {
        self.aggregate_over(
            (query, from),
            end_of,
            |run| match *run {},
            |run, _, _| match *run {},
            visit,
        )
    }

    fn series(&self, from: &[u8], visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        self.series_over(from, |run| match *run {}, visit)
    }

    fn counters(&self) -> StoreCounters {
        self.count()
    }

    fn batch(&mut self) -> impl Store {
        Batch::new(self)
    }
}
