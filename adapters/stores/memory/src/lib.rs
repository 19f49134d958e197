//! A store for a desktop: all samples in memory, compressed, shared by all connections.
//!
//! ```
//! use metric_memory::MemoryStore;
//! use metric_proto::{Key, Sample, Store};
//!
//! let store = MemoryStore::new(1_000, 1_000_000);
//! let mut handle = &store; // as many as there are connections
//! handle.put(Key::new("palm.cpu")?, Sample::new(23.7, 1150864247)?)?;
//! assert_eq!(handle.counts().samples, 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! ```text
//!  put ──▶ batch.rs ──▶ shard.rs ─────▶ series.rs ──▶ past.rs ──▶ sealed.rs ─▶ metric-chunk
//!          the hash     a part, with    the newest    the runs    a run,       samples in
//!             │         its own lock    samples       behind it   compressed   few bytes
//!             │ a new key    ▲
//!             ▼              │
//!  get * ─▶ the index: keys in byte order, one lock
//! ```

#![forbid(unsafe_code)]

mod batch;
mod past;
mod sealed;
mod series;
mod shard;

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher};
use std::ops::Bound::{Included, Unbounded};
use std::ops::ControlFlow;
use std::sync::{Arc, MutexGuard, PoisonError, RwLock};

use foldhash::fast::RandomState;
use metric_proto::{Counts, Key, Position, Refused, Sample, Selector, Store};

use crate::batch::Batch;
use crate::sealed::CAPACITY;
use crate::series::Bounds;
use crate::shard::{Locked, Shard};

/// Any number of series and samples up to two bounds.
///
/// # Costs
///
/// Memory grows with what is stored: a series takes about 300 bytes with one sample and up to 2,500
/// with the newest 127, which are kept as they are. Older ones are compressed: to 1 byte each if
/// they are readings with few decimal places that change little, to 8 if they are random doubles.
/// The run that the last late sample went to stays open, for up to 4,100 bytes more.
///
/// A put behind the newest sample, or near the put before, costs the same however much is there. One
/// that is late, and not near the last late one, costs some microseconds.
///
/// A handle is a shared reference. A put locks the shard of its key, a scan one shard after the
/// other, so neither waits for all of the store. Only a new key waits for a scan of all series to end
/// or to break off.
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
/// good, and a timestamp. Between two runs of a scan others may put. What they put behind the
/// position is seen by the next run, what they put before it is not, and what they evict is gone;
/// whatever is there all the while is seen exactly once.
#[derive(Debug)]
pub struct MemoryStore {
    max_series: usize,
    bounds: Bounds,
    hasher: RandomState,
    /// As many as a power of two.
    shards: Box<[Locked]>,
    /// The place of each series, in byte order of their keys. It is locked before any shard.
    index: RwLock<Index>,
}

type Index = BTreeMap<Arc<[u8]>, Place>;

/// Where a series is.
#[derive(Clone, Copy, Debug)]
struct Place {
    shard: usize,
    slot: usize,
}

/// How a store is laid out, which changes what it costs and nothing of what it says.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// Parts with a lock each, rounded up to a power of two. With one a batch of puts takes one
    /// lock: best for a single thread. With many, threads seldom want the same one.
    pub shards: usize,
    /// Samples that stand together, 2 to 128: when there are so many, all but the newest are
    /// compressed. The more, the less memory they take; few let tests reach with little what else
    /// takes much.
    pub run: usize,
}

impl Default for Layout {
    /// For several threads. The shards take 2 MiB, and are so many because each lock is a cache line
    /// that moves to whoever takes it: two threads with keys of their own do with 1,024 shards three
    /// quarters of what they would do with a store each, and with these as much.
    fn default() -> Self {
        Self { shards: 16_384, run: CAPACITY }
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
    /// As [`new`](Self::new), and if a run has not 2 to 128 samples.
    #[must_use]
    pub fn with_layout(layout: Layout, max_series: usize, max_samples: usize) -> Self {
        assert!(max_samples > 0, "a series must have room for a sample");
        let Layout { shards, run } = layout;
        assert!((2..=CAPACITY).contains(&run), "a run has 2 to {CAPACITY} samples");
        let shards = (0..shards.next_power_of_two()).map(|_| Locked::default()).collect();
        let (hasher, index) = Default::default();
        Self { max_series, bounds: Bounds { samples: max_samples, run }, hasher, shards, index }
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
            None if index.len() >= self.max_series => {
                shard.refuse(Refused::TableFull);
                return Err(Refused::TableFull);
            }
            None => {
                let key: Arc<[u8]> = key.into();
                let slot = shard.add(hash, Arc::clone(&key), |key| self.hash(key));
                index.insert(key, Place { shard: number, slot });
                slot
            }
        };
        shard.take(slot, sample, self.bounds)
    }

    fn scan_key(
        &self,
        key: Key<'_>,
        from: Position,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Option<Position> {
        let hash = self.hash(key.as_bytes());
        let shard = self.shard_of(hash);
        let slot = self.shard(shard).find(hash, key.as_bytes())?;
        self.scan_series(key, Place { shard, slot }, from.timestamp(), &mut visit)
    }

    fn scan_all(
        &self,
        from: Position,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Option<Position> {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        let first = from.series().and_then(|number| self.key_of(self.place(number)));
        let start = first.as_deref().map_or(Unbounded, Included);
        index.range::<[u8], _>((start, Unbounded)).find_map(|(name, &place)| {
            let resumed = first.as_deref() == Some(name);
            let since = if resumed { from.timestamp() } else { i64::MIN };
            self.scan_series(Key::from_bytes(name).ok()?, place, since, &mut visit)
        })
    }

    fn key_of(&self, Place { shard, slot }: Place) -> Option<Arc<[u8]>> {
        self.shard(shard).key(slot)
    }

    fn scan_series(
        &self,
        key: Key<'_>,
        place: Place,
        since: i64,
        visit: &mut impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Option<Position> {
        let shard = self.shard(place.shard);
        let mut samples = shard.since(place.slot, since);
        let stopped = samples.find(|&sample| visit(key, sample).is_break())?;
        Some(Position::at(self.number(place), stopped.timestamp()))
    }

    fn place(&self, number: u64) -> Place {
        let (number, shards) = (number as usize, self.shards.len());
        Place { shard: number % shards, slot: number / shards }
    }

    fn number(&self, Place { shard, slot }: Place) -> u64 {
        (slot * self.shards.len() + shard) as u64
    }
}

impl Store for &MemoryStore {
    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.batch().put(key, sample)
    }

    fn scan(
        &self,
        selector: Selector<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Option<Position> {
        match selector {
            Selector::Key(key) => self.scan_key(key, from, visit),
            Selector::All => self.scan_all(from, visit),
        }
    }

    fn counts(&self) -> Counts {
        let shards = (0..self.shards.len()).map(|shard| self.shard(shard).counts());
        shards.fold(Counts::ZERO, Counts::and)
    }

    fn batch(&mut self) -> impl Store {
        Batch::new(self)
    }
}
