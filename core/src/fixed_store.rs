//! A store of fixed size, for where there is no heap.

use core::cmp::Ordering;
use core::mem;
use core::ops::ControlFlow;

use heapless::{Deque, String, Vec};

use crate::key::Key;
use crate::limits::MAX_KEY;
use crate::request::Selector;
use crate::sample::Sample;
use crate::store::{Counts, Position, Refused, Store, Taken};

/// Up to `SERIES` series with keys of up to `KEY` bytes and `SAMPLES` samples each.
///
/// It takes about `SERIES * (16 * SAMPLES + KEY + 36)` bytes, all of them at once. A put finds its
/// series by bisection and moves only the samples that are newer than its own.
///
/// It compiles for up to 65,535 series of at least one sample, and keys of 1 to [`MAX_KEY`] bytes.
///
/// ```
/// use metric_proto::{FixedStore, Key, Sample, Store};
///
/// let mut store = FixedStore::<4, 2, 16>::new();
/// let key = Key::new("palm.cpu")?;
/// for timestamp in 0..3 {
///     store.put(key, Sample::new(23.7, timestamp)?)?;
/// }
/// let counts = store.counts();
/// assert_eq!((counts.samples, counts.evicted), (2, 1));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct FixedStore<const SERIES: usize, const SAMPLES: usize, const KEY: usize> {
    /// In the order in which they came, so that a series keeps its number.
    series: Vec<Series<SAMPLES, KEY>, SERIES>,
    /// The numbers of all series by their keys.
    order: Vec<u16, SERIES>,
    counts: Counts,
}

impl<const SERIES: usize, const SAMPLES: usize, const KEY: usize> FixedStore<SERIES, SAMPLES, KEY> {
    /// An empty store.
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!(SERIES <= u16::MAX as usize, "a series has a number of 16 bits");
            assert!(SAMPLES > 0, "a series must have room for a sample");
            assert!(0 < KEY && KEY <= MAX_KEY, "a key takes 1 to MAX_KEY bytes");
        }
        Self { series: Vec::new(), order: Vec::new(), counts: Counts::ZERO }
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
        match self.rank(key) {
            Ok(_) => Ok(()),
            Err(rank) => self.add(key, rank).map(|_| ()),
        }
    }

    fn take(&mut self, key: Key<'_>, sample: Sample) -> Result<Taken, Refused> {
        let number = match self.rank(key) {
            Ok(rank) => self.order.get(rank).copied().unwrap_or(u16::MAX),
            Err(rank) => self.add(key, rank)?,
        };
        let series = self.series.get_mut(usize::from(number)).ok_or(Refused::TableFull)?;
        series.take(sample)
    }

    /// Where in the order the key stands, or else belongs.
    fn rank(&self, key: Key<'_>) -> Result<usize, usize> {
        self.order.binary_search_by(|&number| match self.series.get(usize::from(number)) {
            Some(series) => series.key.as_bytes().cmp(key.as_bytes()),
            None => Ordering::Less,
        })
    }

    /// Adds an empty series to the table; returns its number.
    fn add(&mut self, key: Key<'_>, rank: usize) -> Result<u16, Refused> {
        let name = String::try_from(key.as_str()).map_err(|_| Refused::KeyTooLong)?;
        let number = u16::try_from(self.series.len()).map_err(|_| Refused::TableFull)?;
        let series = Series { key: name, samples: Deque::new() };
        self.series.push(series).map_err(|_| Refused::TableFull)?;
        // The rank is at most their number, but who looks only at this function cannot know.
        let rank = rank.min(self.order.len());
        self.order.insert(rank, number).map_err(|_| Refused::TableFull)?;
        self.counts.series = self.series.len();
        Ok(number)
    }

    /// Where in the order a scan goes on.
    fn first_rank(&self, from: Position) -> usize {
        let number = from.series().and_then(|number| usize::try_from(number).ok());
        let series = number.and_then(|number| self.series.get(number));
        let key = series.and_then(|series| Key::from_bytes(series.key.as_bytes()).ok());
        key.map_or(0, |key| self.rank(key).unwrap_or_else(|rank| rank))
    }

    fn scan_series(
        &self,
        rank: usize,
        from: i64,
        visit: &mut impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Option<Position> {
        let number = *self.order.get(rank)?;
        let series = self.series.get(usize::from(number))?;
        let key = Key::from_bytes(series.key.as_bytes()).ok()?;
        let mut due = series.since(from);
        let stopped = due.find(|&&sample| visit(key, sample).is_break())?;
        Some(Position::at(u64::from(number), stopped.timestamp()))
    }
}

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
    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        let taken = self.take(key, sample);
        match taken {
            Ok(taken) => self.counts.take(taken),
            Err(refused) => self.counts.refuse(refused),
        }
        taken.map(|_| ())
    }

    fn scan(
        &self,
        selector: Selector<'_>,
        from: Position,
        mut visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Option<Position> {
        let Selector::Key(key) = selector else {
            let first = self.first_rank(from);
            let rest = self.scan_series(first, from.timestamp(), &mut visit);
            let mut later = first.saturating_add(1)..self.order.len();
            return rest
                .or_else(|| later.find_map(|rank| self.scan_series(rank, i64::MIN, &mut visit)));
        };
        self.scan_series(self.rank(key).ok()?, from.timestamp(), &mut visit)
    }

    fn counts(&self) -> Counts {
        self.counts
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

    /// The samples that are not before `timestamp`, found without a walk over those that are.
    fn since(&self, timestamp: i64) -> impl Iterator<Item = &Sample> {
        let rank = self.rank(timestamp);
        let (old, new) = self.samples.as_slices();
        let (in_old, in_new) = (rank.min(old.len()), rank.saturating_sub(old.len()));
        old.iter().skip(in_old).chain(new.iter().skip(in_new))
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
