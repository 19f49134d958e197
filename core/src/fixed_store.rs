//! A store of fixed size, for where there is no heap.

use core::cmp::Ordering;
use core::mem;
use core::ops::ControlFlow;

use heapless::{Deque, String, Vec};

use crate::counters::{StoreCounters, Taken};
use crate::key::Key;
use crate::limits::LONGEST_KEY;
use crate::position::{Position, Resume};
use crate::query::Query;
use crate::sample::Sample;
use crate::store::{Refused, Scan, Store, Summary};

/// Up to `SERIES` series with keys of up to `KEY` bytes and `SAMPLES` samples each.
///
/// It takes about `SERIES * (16 * SAMPLES + KEY + 36)` bytes, all of them at once. A put finds its
/// series by bisection and moves only the samples that are newer than its own.
///
/// The slot of a series that was removed is used again when there is no other. A scan that has
/// begun before that happens cannot go on: it is refused.
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
    /// In slots, of which a series keeps its own.
    series: Vec<Series<SAMPLES, KEY>, SERIES>,
    /// The slots of all series by their keys.
    order: Vec<u16, SERIES>,
    /// How often a slot was used again: a position from before may be in a series that had it.
    reused: u16,
    counters: StoreCounters,
}

impl<const SERIES: usize, const SAMPLES: usize, const KEY: usize> FixedStore<SERIES, SAMPLES, KEY> {
    /// An empty store.
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!(SERIES <= u16::MAX as usize, "a series has a slot of 16 bits");
            assert!(SAMPLES > 0, "a series must have room for a sample");
            assert!(0 < KEY && KEY <= LONGEST_KEY, "a key takes 1 to LONGEST_KEY bytes");
        }
        Self { series: Vec::new(), order: Vec::new(), reused: 0, counters: StoreCounters::ZERO }
    }

    /// Adds a series without samples, unless it is there: from now on it has its place, whatever
    /// others put.
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

    fn take(&mut self, key: Key<'_>, sample: Sample) -> Result<Taken, Refused> {
        let slot = match self.rank(key.as_bytes()) {
            Ok(rank) => self.order.get(rank).copied().unwrap_or(u16::MAX),
            Err(rank) => self.add(key, rank)?,
        };
        let series = self.series.get_mut(usize::from(slot)).ok_or(Refused::TableFull)?;
        series.take(sample)
    }

    /// Where in the order the key stands, or else belongs.
    fn rank(&self, key: &[u8]) -> Result<usize, usize> {
        self.order.binary_search_by(|&slot| match self.series.get(usize::from(slot)) {
            Some(series) => series.key.as_bytes().cmp(key),
            None => Ordering::Less,
        })
    }

    /// Adds an empty series to the table; returns its slot. Cold, to be kept out of the code of all
    /// other puts.
    #[cold]
    fn add(&mut self, key: Key<'_>, rank: usize) -> Result<u16, Refused> {
        let name = String::try_from(key.as_str()).map_err(|_| Refused::KeyTooLong)?;
        let slot = self.free_slot(name)?;
        // The rank is at most their number, but who looks only at this function cannot know.
        let rank = rank.min(self.order.len());
        self.order.insert(rank, slot).map_err(|_| Refused::TableFull)?;
        self.counters.series = self.order.len();
        Ok(slot)
    }

    /// A slot that is new, or else one whose series was removed.
    fn free_slot(&mut self, key: String<KEY>) -> Result<u16, Refused> {
        let slot = u16::try_from(self.series.len()).map_err(|_| Refused::TableFull)?;
        let series = Series { key, samples: Deque::new() };
        let Err(series) = self.series.push(series) else { return Ok(slot) };
        let slot = (0..slot).find(|slot| !self.order.contains(slot)).ok_or(Refused::TableFull)?;
        *self.series.get_mut(usize::from(slot)).ok_or(Refused::TableFull)? = series;
        self.reused = self.reused.wrapping_add(1);
        Ok(slot)
    }

    /// The place in the order where a scan begins, and what of the series there is due, if the scan
    /// has reached it before; or how the scan ends.
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
            // The key is back as another series, which begins behind the scan.
            Ok(rank) => Ok((rank.saturating_add(1), None)),
            Err(rank) => Ok((rank, None)),
        }
    }

    /// Where a scan goes on that stopped in a series, before `next`.
    fn position(&self, rank: usize, next: i64, last: i64) -> Position {
        let slot = self.order.get(rank).copied().unwrap_or(u16::MAX);
        let series = u64::from(self.reused) << 16 | u64::from(slot);
        Position::new(STORE, Resume { series, next, last })
    }

    fn at(&self, rank: usize) -> Option<&Series<SAMPLES, KEY>> {
        self.series.get(usize::from(*self.order.get(rank)?))
    }
}

/// What a [`Position`] of such a store has as the store's identity. Two of them cannot be told
/// apart: they are made at compile time.
const STORE: u16 = 1;

/// From a timestamp to another, both of them in it.
type Range = (i64, i64);

/// No timestamp at all.
const NONE: Range = (i64::MAX, i64::MIN);

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
        self.counters.samples = self.counters.samples.saturating_sub(series.samples.len());
        series.samples.clear();
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

/// A key and its samples by timestamp, the oldest first.
#[derive(Debug)]
struct Series<const SAMPLES: usize, const KEY: usize> {
    key: String<KEY>,
    samples: Deque<Sample, SAMPLES>,
}

impl<const SAMPLES: usize, const KEY: usize> Series<SAMPLES, KEY> {
    fn take(&mut self, sample: Sample) -> Result<Taken, Refused> {
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

    /// Puts a sample at its rank; there is room, so that nothing falls out at the end.
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

    fn summary(&self) -> Option<Summary> {
        let (&first, &last) = (self.samples.front()?, self.samples.back()?);
        Some(Summary { samples: self.samples.len(), first, last })
    }

    /// The timestamps that a query selects: up to the newest sample there is now.
    fn range(&self, query: &Query<'_>) -> Range {
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

    /// The samples from a timestamp to another, in two parts, found without a walk over the others.
    fn within(&self, next: i64, last: i64) -> [&[Sample]; 2] {
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

    /// How many samples are before `timestamp`.
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
