//! A store for a desktop: all samples in memory, shared by all connections. Old ones are encoded in
//! chunks of [`metric_chunk`].
//!
//! ```
//! use metric_memory::MemoryStore;
//! use metric_proto::{Key, Sample, Store};
//!
//! let store = MemoryStore::new(1_000, 1_000_000);
//! let mut handle = &store; // as many as there are connections
//! handle.put(Key::new("palm.cpu")?, Sample::new(23.7, 1150864247)?)?;
//! assert_eq!(handle.counters().samples, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```text
//!  put ──▶ batch.rs ──▶ shard.rs ─────▶ series.rs ──▶ chunks.rs ──▶ sealed.rs ─▶ metric-chunk
//!          the hash     a part, with    the newest    what is       a chunk,     samples in
//!             │         its own lock    samples       older         compressed   few bytes
//!             │ a new key    ▲
//!             ▼              │
//!  get * ─▶ the index: keys in byte order, one lock
//! ```

#![forbid(unsafe_code)]

mod batch;
mod chunks;
mod memory;
mod room;
mod sealed;
mod series;
mod shard;

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher, Hasher};
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::ops::ControlFlow;
use std::sync::{Arc, MutexGuard, PoisonError, RwLock};

use foldhash::fast::RandomState;
use metric_proto::{
    Key, Position, Query, Refused, Resume, Sample, Scan, Series, Store, StoreCounters, Summary,
};

use crate::batch::Batch;
use crate::memory::Memory;
use crate::sealed::CAPACITY;
use crate::series::{Bounds, Range};
use crate::shard::{Locked, Shard, Slot};

/// Any number of series and samples up to two bounds.
///
/// # Costs
///
/// Memory grows with what is stored: a series takes its key, and about 300 bytes with one sample, up
/// to 2,500 with the newest 127, which are kept as they are. Older ones are compressed: to 1 byte each
/// if they are readings with few decimal places that change little, to 8 if they are random doubles.
/// The chunk that the last late sample went to stays open, for up to 4,100 bytes more.
///
/// A put behind the newest sample, or near the put before, costs the same however much is there. One
/// that is late, and not near the last late one, costs some microseconds.
///
/// A handle is a shared reference. A put locks the shard of its key, a scan one shard after the
/// other, so neither waits for all of the store. Only a new key waits for a scan of all series to end
/// or to break off, and so does the removal of a series.
///
/// # Several threads
///
/// Whatever is done to a series is done in its shard's lock, so all that happens to one series
/// happens in an order that every thread agrees on, and what a put has stored is seen by every
/// operation that begins after it has returned. A series is added in the lock of the index, so that
/// no two threads add the same one or one too many; that lock is always taken before a shard's, and
/// no two shards' at once, so nobody waits in a circle. There is no atomic of its own and no unsafe code.
///
/// Nothing outlives an operation but a [`Position`]: the number of a series, which is its own for
/// good, and a timestamp. Between two calls of a scan others may put. What they put behind the
/// position is seen by the next call, what they put before it is not, and what they evict is gone;
/// whatever is there all the while is seen exactly once.
#[derive(Debug)]
pub struct MemoryStore {
    max_series: usize,
    bounds: Bounds,
    memory: Memory,
    hasher: RandomState,
    /// What its positions are known by.
    identity: u16,
    /// As many as a power of two.
    shards: Box<[Locked]>,
    /// The place of each series, in byte order of their keys. It is locked before any shard.
    index: RwLock<Index>,
}

#[derive(Debug, Default)]
struct Index {
    places: BTreeMap<Arc<[u8]>, Place>,
    /// Numbers and keys of removed series whose slots others have: the last [`GONE`] of them.
    gone: VecDeque<(u64, Arc<[u8]>)>,
}

/// A scan that rests in a removed series while this many others are removed, and their slots used
/// again, cannot go on.
const GONE: usize = 1024;

/// Where a series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    shard: usize,
    slot: usize,
}

/// How a store is laid out, which changes what it costs and nothing of what it says.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Parts with a lock each, rounded up to a power of two. With one a batch of puts takes one
    /// lock: best for a single thread. With many, threads seldom want the same one.
    pub shards: usize,
    /// Samples that stand together, 2 to 128: when there are so many, all but the newest are
    /// compressed. The more, the less memory they take; few let tests reach with little what else
    /// takes much.
    pub chunk: usize,
}

impl Layout {
    /// For a single thread: one shard.
    pub const ONE_THREAD: Self = Self::new(1, CAPACITY);

    /// With so many shards, and so many samples that stand together.
    #[must_use]
    pub const fn new(shards: usize, chunk: usize) -> Self {
        Self { shards, chunk }
    }
}

impl Default for Layout {
    /// For several threads. The shards take 2 MiB, and are so many because each lock is a cache line
    /// that moves to whoever takes it: two threads with keys of their own do with 1,024 shards three
    /// quarters of what they would do with a store each, and with these as much.
    fn default() -> Self {
        Self::new(16_384, CAPACITY)
    }
}

impl MemoryStore {
    /// An empty store for up to `max_series` series of up to `max_samples` samples each.
    ///
    /// # Panics
    ///
    /// If `max_samples` is 0.
    #[must_use]
    pub fn new(max_series: usize, max_samples: usize) -> Self {
        Self::with_layout(Layout::default(), max_series, max_samples)
    }

    /// As [`new`](Self::new), laid out in another way.
    ///
    /// # Panics
    ///
    /// As [`new`](Self::new), and if a chunk has not 2 to 128 samples.
    #[must_use]
    pub fn with_layout(layout: Layout, max_series: usize, max_samples: usize) -> Self {
        assert!(max_samples > 0, "a series must have room for a sample");
        let Layout { shards, chunk } = layout;
        assert!((2..=CAPACITY).contains(&chunk), "a chunk has 2 to {CAPACITY} samples");
        let shards = (0..shards.next_power_of_two()).map(|_| Locked::default()).collect();
        let (hasher, index) = <(RandomState, _)>::default();
        let identity = hasher.hash_one("identity") as u16;
        let bounds = Bounds { samples: max_samples, chunk };
        let memory = Memory::new(usize::MAX);
        Self { max_series, bounds, memory, hasher, identity, shards, index }
    }

    /// Bounds the bytes that all series take together; without this only their number and their
    /// lengths are bounded.
    ///
    /// At the bound the oldest samples of the largest series give way, down to fifteen sixteenths of
    /// it, but never the last of a series, and are counted as evicted. From then on, until a quarter
    /// is free, a new key is refused, and so is a sample older than all that is left of a series that
    /// gave some.
    ///
    /// The table of shards and the allocator's own waste come on top.
    #[must_use]
    pub fn with_max_memory(mut self, bytes: usize) -> Self {
        self.memory = Memory::new(bytes);
        self
    }

    /// How many bytes all series take.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.memory.used()
    }

    fn hash(&self, key: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(key);
        hasher.finish()
    }

    /// The number of a key's shard; its hash table takes the first and the last bits.
    fn shard_of(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.shards.len() - 1)
    }

    fn shard(&self, shard: usize) -> MutexGuard<'_, Shard> {
        self.shards[shard].lock()
    }

    /// Puts the first sample of a key, unless another thread was faster. Cold, to be kept out of the
    /// code of all other puts.
    #[cold]
    fn add(&self, (hash, key): (u64, &[u8]), sample: Sample) -> Result<(), Refused> {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let number = self.shard_of(hash);
        let mut shard = self.shard(number);
        let slot = match shard.find(hash, key) {
            Some(slot) => slot,
            None if index.places.len() >= self.max_series || self.memory.is_full() => {
                shard.refuse(Refused::TableFull);
                return Err(Refused::TableFull);
            }
            None => {
                self.memory.grow(Slot::bytes(key));
                let key: Arc<[u8]> = key.into();
                let (slot, before) = shard.add(hash, Arc::clone(&key), |key| self.hash(key));
                let place = Place { shard: number, slot };
                index.places.insert(key, place);
                if let Some(before) = before {
                    index.gone.truncate(GONE - 1);
                    index.gone.push_front((self.number(place, &before), before.key));
                }
                slot
            }
        };
        shard.take(slot, sample, self.bounds, &self.memory)
    }

    fn scan_key(
        &self,
        query: &Query<'_>,
        key: Key<'_>,
        from: Position,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        let hash = self.hash(key.as_bytes());
        let number = self.shard_of(hash);
        let shard = self.shard(number);
        let Some(slot) = shard.find(hash, key.as_bytes()) else { return Scan::Done };
        let place = Place { shard: number, slot };
        let resumed = match from.resume(self.identity) {
            // The key may be back, as another series, since its first one was removed.
            Some(resume) if resume.series != self.number(place, &shard.series()[slot]) => {
                return Scan::Done;
            }
            None if !from.is_start() => return Scan::Done,
            resumed => resumed,
        };
        let range = resumed.map(|Resume { next, last, .. }| (next, last));
        let stopped = self.scan_series(query, (key, place), &shard, range, &mut visit);
        stopped.map_or(Scan::Done, Scan::Stopped)
    }

    fn scan_many(
        &self,
        query: &Query<'_>,
        from: Position,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let (first, mut resumed) = match self.start(&index, from) {
            Ok(start) => start,
            Err(end) => return end,
        };
        let first = match &first {
            Some(key) if resumed.is_none() => Excluded(&**key),
            Some(key) => Included(&**key),
            None => Included(query.series.first()),
        };
        let series = index.places.range::<[u8], _>((first, Unbounded));
        for (name, &place) in series.take_while(|(name, _)| query.series.has(name)) {
            let Ok(key) = Key::from_bytes(name) else { continue };
            let shard = self.shard(place.shard);
            let range = resumed.take();
            if let Some(stopped) = self.scan_series(query, (key, place), &shard, range, &mut visit)
            {
                return Scan::Stopped(stopped);
            }
        }
        Scan::Done
    }

    /// The key at which a scan goes on, unless it is new, and what of its series is due, if the scan
    /// has reached it before; or how the scan ends.
    fn start(&self, index: &Index, from: Position) -> Result<Start, Scan> {
        if from.is_start() {
            return Ok((None, None));
        }
        let Resume { series, next, last } = from.resume(self.identity).ok_or(Scan::Done)?;
        let place = self.place(series);
        let shard = self.shard(place.shard);
        // The key of a series that was removed stays until another has its slot.
        let slot = shard.series().get(place.slot);
        if let Some(slot) = slot.filter(|slot| self.number(place, slot) == series) {
            let is_there = index.places.get(&slot.key) == Some(&place);
            return Ok((Some(Arc::clone(&slot.key)), is_there.then_some((next, last))));
        }
        let gone = index.gone.iter().find(|(number, _)| *number == series);
        gone.map(|(_, key)| (Some(Arc::clone(key)), None)).ok_or(Scan::Refused)
    }

    fn scan_series(
        &self,
        query: &Query<'_>,
        (key, place): (Key<'_>, Place),
        shard: &Shard,
        range: Option<Range>,
        visit: &mut impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Option<Position> {
        let slot = &shard.series()[place.slot];
        let (next, last) = range.unwrap_or_else(|| slot.series.range(query));
        let stopped = slot.series.find((next, last), |sample| visit(key, sample).is_break())?;
        let next = stopped.timestamp();
        Some(Position::new(self.identity, Resume { series: self.number(place, slot), next, last }))
    }

    fn place(&self, number: u64) -> Place {
        let (number, shards) = ((number & PLACES) as usize, self.shards.len());
        Place { shard: number % shards, slot: number / shards }
    }

    /// What tells a series from all others that there are or were: its place, and how often that
    /// was used before.
    fn number(&self, Place { shard, slot }: Place, Slot { generation, .. }: &Slot) -> u64 {
        let place = (slot * self.shards.len() + shard) as u64;
        u64::from(*generation) << PLACES.count_ones() | (place & PLACES)
    }
}

/// The key at which a scan goes on, and what of its series is due.
type Start = (Option<Arc<[u8]>>, Option<Range>);

/// Places below this can be told apart: more series than any memory has room for.
const PLACES: u64 = u32::MAX as u64 >> 1;

impl Store for &MemoryStore {
    const WAITS: bool = false;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.batch().put(key, sample)
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let Some(place) = index.places.remove(key.as_bytes()) else { return Ok(false) };
        Ok(self.shard(place.shard).remove(self.hash(key.as_bytes()), key.as_bytes(), &self.memory))
    }

    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        match query.series {
            Series::Key(key) => self.scan_key(query, key, from, visit),
            _ => self.scan_many(query, from, visit),
        }
    }

    fn series(
        &self,
        from: &[u8],
        mut visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>,
    ) -> Scan {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        for (name, place) in index.places.range::<[u8], _>((Included(from), Unbounded)) {
            let summary = self.shard(place.shard).series()[place.slot].series.summary();
            let (Ok(key), Some(summary)) = (Key::from_bytes(name), summary) else { continue };
            if visit(key, summary).is_break() {
                return Scan::Stopped(Position::START);
            }
        }
        Scan::Done
    }

    fn counters(&self) -> StoreCounters {
        let shards = (0..self.shards.len()).map(|shard| self.shard(shard).counters());
        shards.fold(StoreCounters::ZERO, StoreCounters::and)
    }

    fn batch(&mut self) -> impl Store {
        Batch::new(self)
    }
}

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
