//! A store of fixed size, which needs no heap.

mod series;

use core::cmp::Ordering;
use core::mem;
use core::ops::ControlFlow;

use heapless::{String, Vec};

use crate::counters::{StoreCounters, Taken};
use crate::key::Key;
use crate::limits::LONGEST_KEY;
use crate::position::{Position, Resume};
use crate::query::Query;
use crate::sample::Sample;
use crate::store::{Refused, Scan, Store, Summary};

use self::series::{Range, Series};

/// Stores up to `SERIES` series with keys of up to `KEY` bytes and `SAMPLES` samples each.
///
/// It takes about `SERIES * (16 * SAMPLES + KEY + 36)` bytes from the start. A put finds its series
/// by binary search and moves only the samples that are newer than its own.
///
/// The slot of a removed series is reused when no other is free. A scan that began before that
/// cannot go on: it is refused.
///
/// It compiles for up to 65,535 series of at least one sample, and keys of 1 to [`LONGEST_KEY`]
/// bytes.
///
/// ```
/// use metric_proto::{FixedStore, Key, Sample, Store};
///
/// let mut store = FixedStore::<4, 2, 16>::new();
/// let key = Key::new("palm.cpu")?;
/// for timestamp in 0..3 {
///     store.put(key, Sample::new(23.7, timestamp)?)?;
/// }
/// let counters = store.counters();
/// assert_eq!((counters.samples, counters.evicted), (2, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FixedStore<const SERIES: usize, const SAMPLES: usize, const KEY: usize> {
    /// The slots. A series never changes its slot.
    series: Vec<Series<SAMPLES, KEY>, SERIES>,
    /// The slots of all series, ordered by key.
    order: Vec<u16, SERIES>,
    /// How often a slot was reused: an older position may be in the series that had the slot
    /// before.
    reused: u16,
    counters: StoreCounters,
}

impl<const SERIES: usize, const SAMPLES: usize, const KEY: usize> FixedStore<SERIES, SAMPLES, KEY> {
    /// Creates an empty store.
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!(SERIES <= u16::MAX as usize, "a series has a slot of 16 bits");
            assert!(SAMPLES > 0, "a series must have room for a sample");
            assert!(0 < KEY && KEY <= LONGEST_KEY, "a key takes 1 to LONGEST_KEY bytes");
        }
        Self { series: Vec::new(), order: Vec::new(), reused: 0, counters: StoreCounters::ZERO }
    }

    /// Adds a series without samples, unless it exists. Its place is then reserved, whatever others
    /// put.
    ///
    /// ```
    /// use metric_proto::{FixedStore, Key, Refused, Sample, Store};
    ///
    /// let mut store = FixedStore::<1, 2, 16>::new();
    /// store.reserve(Key::new("board.uptime")?)?;
    /// let sample = Sample::new(23.7, 1)?;
    /// assert_eq!(store.put(Key::new("palm.cpu")?, sample), Err(Refused::TableFull));
    /// assert_eq!(store.put(Key::new("board.uptime")?, sample), Ok(()));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Refused`] if the table is full or the key too long.
    pub fn reserve(&mut self, key: Key<'_>) -> Result<(), Refused> {
        match self.rank(key.as_bytes()) {
            Ok(_) => Ok(()),
            Err(rank) => self.add(key, rank).map(|_| ()),
        }
    }

    /// Returns the key of the series in a slot, and its oldest sample of `since` or later. `None` if
    /// there is none.
    ///
    /// Slots are the numbers below `SERIES`. A series keeps its slot until it is removed, so whoever goes
    /// through the store again and again can remember a timestamp for each slot.
    ///
    /// ```
    /// use metric_proto::{FixedStore, Key, Sample, Store};
    ///
    /// let mut store = FixedStore::<4, 2, 16>::new();
    /// let key = Key::new("palm.cpu")?;
    /// store.put(key, Sample::new(23.7, 5)?)?;
    /// assert_eq!(store.oldest_since(0, 5), Some((key, Sample::new(23.7, 5)?)));
    /// assert_eq!(store.oldest_since(0, 6), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn oldest_since(&self, slot: usize, since: i64) -> Option<(Key<'_>, Sample)> {
        let series = self.series.get(slot)?;
        let sample = series.within(since, i64::MAX).into_iter().find_map(<[Sample]>::first)?;
        Some((Key::from_bytes(series.key.as_bytes()).ok()?, *sample))
    }

    fn take(&mut self, key: Key<'_>, sample: Sample) -> Result<Taken, Refused> {
        let slot = match self.rank(key.as_bytes()) {
            Ok(rank) => self.order.get(rank).copied().unwrap_or(u16::MAX),
            Err(rank) => self.add(key, rank)?,
        };
        let series = self.series.get_mut(usize::from(slot)).ok_or(Refused::TableFull)?;
        series.take(sample)
    }

    /// Returns the index of the key in the order, or `Err` with the index where it belongs.
    fn rank(&self, key: &[u8]) -> Result<usize, usize> {
        self.order.binary_search_by(|&slot| match self.series.get(usize::from(slot)) {
            Some(series) => series.key.as_bytes().cmp(key),
            None => Ordering::Less,
        })
    }

    /// Adds an empty series to the table; returns its slot. Cold, so that it is not inlined into
    /// other puts.
    #[cold]
    fn add(&mut self, key: Key<'_>, rank: usize) -> Result<u16, Refused> {
        let name = String::try_from(key.as_str()).map_err(|_| Refused::KeyTooLong)?;
        let slot = self.free_slot(name)?;
        // The rank is never greater, but the compiler cannot see that in this function.
        let rank = rank.min(self.order.len());
        self.order.insert(rank, slot).map_err(|_| Refused::TableFull)?;
        self.counters.series = self.order.len();
        Ok(slot)
    }

    /// Returns a new slot, or else one whose series was removed.
    fn free_slot(&mut self, key: String<KEY>) -> Result<u16, Refused> {
        let slot = u16::try_from(self.series.len()).map_err(|_| Refused::TableFull)?;
        let series = Series::new(key);
        let Err(series) = self.series.push(series) else { return Ok(slot) };
        let slot = (0..slot).find(|slot| !self.order.contains(slot)).ok_or(Refused::TableFull)?;
        *self.series.get_mut(usize::from(slot)).ok_or(Refused::TableFull)? = series;
        self.reused = self.reused.wrapping_add(1);
        Ok(slot)
    }

    /// Returns where in the order a scan begins, and the rest of that series if the scan had
    /// already reached it. If there is nothing to scan, returns how the scan ends.
    fn start(&self, query: &Query<'_>, from: Position) -> Result<(usize, Option<Range>), Scan> {
        if from.is_start() {
            return match self.rank(query.series.first()) {
                Err(_) if query.series.is_key() => Err(Scan::Done),
                Ok(rank) | Err(rank) => Ok((rank, None)),
            };
        }
        let Resume { series: number, next, last } = from.resume(STORE).ok_or(Scan::Done)?;
        let (slot, reused) = (number as u16, (number >> 16) as u16);
        // The key of a series that was removed stays until another has its slot.
        let series = self.series.get(usize::from(slot)).filter(|_| reused == self.reused);
        match self.rank(series.ok_or(Scan::Refused)?.key.as_bytes()) {
            Ok(rank) if self.order.get(rank) == Some(&slot) => Ok((rank, Some((next, last)))),
            _ if query.series.is_key() => Err(Scan::Done),
            // The key was put again as another series, which this scan skips.
            Ok(rank) => Ok((rank.saturating_add(1), None)),
            Err(rank) => Ok((rank, None)),
        }
    }

    /// Returns the position of a scan that stopped in a series before `next`.
    fn position(&self, rank: usize, next: i64, last: i64) -> Position {
        let slot = self.order.get(rank).copied().unwrap_or(u16::MAX);
        let series = u64::from(self.reused) << 16 | u64::from(slot);
        Position::new(STORE, Resume { series, next, last })
    }

    fn at(&self, rank: usize) -> Option<&Series<SAMPLES, KEY>> {
        self.series.get(usize::from(*self.order.get(rank)?))
    }
}

/// The store identity in a [`Position`]. All stores of this type share it: they can be created at
/// compile time, so they have no identity of their own.
const STORE: u16 = 1;

impl<const SERIES: usize, const SAMPLES: usize, const KEY: usize> Default
    for FixedStore<SERIES, SAMPLES, KEY>
{
    fn default() -> Self {
        Self::new()
    }
}

impl<const SERIES: usize, const SAMPLES: usize, const KEY: usize> Store
    for FixedStore<SERIES, SAMPLES, KEY>
{
    const WAITS: bool = false;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        let taken = self.take(key, sample);
        match taken {
            Ok(taken) => self.counters.take(taken),
            Err(refused) => self.counters.refuse(refused),
        }
        taken.map(|_| ())
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        let Ok(rank) = self.rank(key.as_bytes()) else { return Ok(false) };
        let mut slot = u16::MAX;
        for later in self.order.iter_mut().skip(rank).rev() {
            mem::swap(later, &mut slot);
        }
        self.order.pop();
        self.counters.series = self.order.len();
        let Some(series) = self.series.get_mut(usize::from(slot)) else { return Ok(false) };
        self.counters.samples = self.counters.samples.saturating_sub(series.clear());
        Ok(true)
    }

    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        let (mut rank, mut resumed) = match self.start(query, from) {
            Ok(start) => start,
            Err(end) => return end,
        };
        while let Some(series) = self.at(rank) {
            if !query.series.is_key() && !query.series.has(series.key.as_bytes()) {
                return Scan::Done;
            }
            let Ok(key) = Key::from_bytes(series.key.as_bytes()) else { return Scan::Done };
            let (next, last) = resumed.take().unwrap_or_else(|| series.range(query));
            for part in series.within(next, last) {
                if let Some(stopped) = part.iter().find(|&&sample| visit(key, sample).is_break()) {
                    return Scan::Stopped(self.position(rank, stopped.timestamp(), last));
                }
            }
            if query.series.is_key() {
                return Scan::Done;
            }
            rank = rank.saturating_add(1);
        }
        Scan::Done
    }

    fn series(
        &self,
        from: &[u8],
        mut visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>,
    ) -> Scan {
        let first = self.rank(from).unwrap_or_else(|rank| rank);
        let later = self.order.iter().skip(first);
        for series in later.filter_map(|&slot| self.series.get(usize::from(slot))) {
            let Ok(key) = Key::from_bytes(series.key.as_bytes()) else { continue };
            let Some(summary) = series.summary() else { continue };
            if visit(key, summary).is_break() {
                return Scan::Stopped(Position::START);
            }
        }
        Scan::Done
    }

    fn counters(&self) -> StoreCounters {
        self.counters
    }
}
