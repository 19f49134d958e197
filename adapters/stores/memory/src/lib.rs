//! A store for desktops: all samples in memory, shared by all connections. Old samples are encoded
//! in chunks of [`metric_chunk`].
//!
//! ```
//! use metric_memory::MemoryStore;
//! use metric_proto::{Key, Sample, Store};
//!
//! let store = MemoryStore::new(1_000, 1_000_000);
//! let mut handle = &store; // one for each connection
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
use crate::sealed::CAPACITY;
use crate::series::{Bounds, Range};
use crate::shard::{Locked, Shard, Slot};

/// Stores any number of series and samples, up to two bounds.
///
/// # Costs
///
/// Memory grows with the contents. A series takes about 300 bytes with one sample, and up to 2,500
/// with the newest 127, which are not compressed. Older samples are: to 1 byte each if they are
/// readings with few decimal places that change little, to 8 if they are random doubles. The chunk
/// of the last late sample stays open, for up to 4,100 bytes more.
///
/// A put after the newest sample, or near the put before, takes the same time whatever the size of
/// the store. A late one that is not near the last late one takes some microseconds.
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
/// so there is no deadlock. There are no atomics and no unsafe code here.
///
/// Only a [`Position`] outlives an operation: the unique number of a series, and timestamps.
/// Between two calls of a scan others may put. The next call sees what they put after the position,
/// but not what they put before it or evicted. A sample that exists all the time is seen exactly
/// once.
#[derive(Debug)]
pub struct MemoryStore {
    max_series: usize,
    bounds: Bounds,
    hasher: RandomState,
    /// Marks the positions of this store.
    identity: u16,
    /// The shards; their number is a power of two.
    shards: Box<[Locked]>,
    /// The places of all series. It is locked before any shard.
    index: RwLock<Index>,
}

#[derive(Debug, Default)]
struct Index {
    places: BTreeMap<Arc<[u8]>, Place>,
    /// The numbers and keys of removed series whose slots were reused: the last [`GONE`] of them.
    gone: VecDeque<(u64, Arc<[u8]>)>,
}

/// A scan cannot resume in a removed series after this many slots of removed series were reused.
const GONE: usize = 1024;

/// Where a series is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place {
    shard: usize,
    slot: usize,
}

/// The layout of a store. It changes costs only, never results.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The number of parts with a lock each, rounded up to a power of two. With one, a batch of
    /// puts takes one lock, which is best for a single thread. With many, threads seldom share one.
    pub shards: usize,
    /// The number of samples, 2 to 128, at which all but the newest are compressed to a chunk.
    /// Large chunks take less memory; small ones let tests reach many chunks with few samples.
    pub chunk: usize,
}

impl Layout {
    /// The layout for a single thread: one shard.
    pub const ONE_THREAD: Self = Self::new(1, CAPACITY);

    /// Creates a layout.
    #[must_use]
    pub const fn new(shards: usize, chunk: usize) -> Self {
        Self { shards, chunk }
    }
}

impl Default for Layout {
    /// The layout for several threads. The shards take 2 MiB. There are many because each lock is a
    /// cache line that moves between threads: compared with a store each, two threads with separate
    /// keys reach three quarters of the speed with 1,024 shards, and the same speed with these.
    fn default() -> Self {
        Self::new(16_384, CAPACITY)
    }
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
        assert!(max_samples > 0, "a series must have room for a sample");
        let Layout { shards, chunk } = layout;
        assert!((2..=CAPACITY).contains(&chunk), "a chunk has 2 to {CAPACITY} samples");
        let shards = (0..shards.next_power_of_two()).map(|_| Locked::default()).collect();
        let (hasher, index) = <(RandomState, _)>::default();
        let identity = hasher.hash_one("identity") as u16;
        let bounds = Bounds { samples: max_samples, chunk };
        Self { max_series, bounds, hasher, identity, shards, index }
    }

    fn hash(&self, key: &[u8]) -> u64 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(key);
        hasher.finish()
    }

    /// Returns the shard of a hash. It uses the middle bits, since the hash table in the shard uses
    /// the first and the last ones.
    fn shard_of(&self, hash: u64) -> usize {
        (hash >> 32) as usize & (self.shards.len() - 1)
    }

    fn shard(&self, shard: usize) -> MutexGuard<'_, Shard> {
        self.shards[shard].lock()
    }

    /// Puts a sample of a new key; another thread may have added the series meanwhile. Cold, so
    /// that it is not inlined into other puts.
    #[cold]
    fn add(&self, (hash, key): (u64, &[u8]), sample: Sample) -> Result<(), Refused> {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let number = self.shard_of(hash);
        let mut shard = self.shard(number);
        let slot = match shard.find(hash, key) {
            Some(slot) => slot,
            None if index.places.len() >= self.max_series => {
                shard.refuse(Refused::TableFull);
                return Err(Refused::TableFull);
            }
            None => {
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
        shard.take(slot, sample, self.bounds)
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
            // The key may have been removed and put again, as another series.
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

    /// Returns the key at which a scan resumes, and the rest of its series if that still exists. At
    /// the start it returns neither. If the scan cannot resume, returns how it ends.
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

    /// Returns the unique number of a series: its place, and how often that was used before.
    fn number(&self, Place { shard, slot }: Place, Slot { generation, .. }: &Slot) -> u64 {
        let place = (slot * self.shards.len() + shard) as u64;
        u64::from(*generation) << PLACES.count_ones() | (place & PLACES)
    }
}

/// The key at which a scan resumes, and the rest of its series.
type Start = (Option<Arc<[u8]>>, Option<Range>);

/// The mask of a place in the number of a series: more places than any memory has room for.
const PLACES: u64 = u32::MAX as u64 >> 1;

impl Store for &MemoryStore {
    const WAITS: bool = false;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.batch().put(key, sample)
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        let mut index = self.index.write().unwrap_or_else(PoisonError::into_inner);
        let Some(place) = index.places.remove(key.as_bytes()) else { return Ok(false) };
        Ok(self.shard(place.shard).remove(self.hash(key.as_bytes()), key.as_bytes()))
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
