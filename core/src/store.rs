//! What the server asks of a store, and what a store says of itself.

use core::cell::RefCell;
use core::fmt;
use core::ops::ControlFlow;

use crate::key::Key;
use crate::request::Selector;
use crate::sample::Sample;

/// Keeps samples by key and timestamp.
///
/// A store has one rule for each case, whatever it is made of:
///
/// - A sample with the key and timestamp of another replaces it.
/// - A series that is full drops its oldest sample for a newer one and counts it as evicted.
/// - A sample older than all of a full series is refused, and so is a new key in a full table;
///   what is refused is counted and changes nothing.
/// - Series are never removed.
///
/// Stores are shared by handle: the trait is there for `&mut S` and for `&RefCell<S>`, and a store
/// with locks inside has it for a shared reference to itself.
pub trait Store {
    /// Stores a sample; every scan that begins later sees it.
    ///
    /// # Errors
    ///
    /// [`Refused`] if a bound of the store is reached.
    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused>;

    /// Shows the samples of `selector` to `visit`, from a position on, until it breaks off.
    ///
    /// Series come in byte order of their keys, the samples of each by timestamp, ascending.
    /// Returns the position of the sample at which `visit` broke off, so that a later scan starts
    /// with it, or `None` if there are no more. A scan for another selector than the position's
    /// may start anywhere.
    ///
    /// Meanwhile the store may be borrowed or locked: `visit` must not use it.
    ///
    /// Between two scans samples may come and go: one that is there all the while is shown once.
    fn scan(
        &self,
        selector: Selector<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Option<Position>;

    /// How full the store is and what it dropped, since it was made.
    fn counts(&self) -> Counts;

    /// A handle for the requests of one call of [`Server::process`](crate::Server::process). A store
    /// with locks inside may keep one from put to put, and lets go of it with the handle.
    fn batch(&mut self) -> impl Store
    where
        Self: Sized,
    {
        self
    }
}

/// Where in a store a scan goes on.
///
/// Made and read by stores; it stays valid whatever is put meanwhile. To the store that made it, a
/// position is a series, by a number that never changes, and a timestamp in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position(Option<(u64, i64)>);

impl Position {
    /// Before the first sample.
    pub const START: Self = Self(None);

    /// At the first sample of `series` that is not before `timestamp`.
    #[must_use]
    pub const fn at(series: u64, timestamp: i64) -> Self {
        Self(Some((series, timestamp)))
    }

    /// The series, unless the position is the start.
    #[must_use]
    pub const fn series(self) -> Option<u64> {
        match self.0 {
            Some((series, _)) => Some(series),
            None => None,
        }
    }

    /// The timestamp from which on samples of that series are due.
    #[must_use]
    pub const fn timestamp(self) -> i64 {
        match self.0 {
            Some((_, timestamp)) => timestamp,
            None => i64::MIN,
        }
    }
}

/// Why a store does not take a sample.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The key is new and the table of series is full.
    TableFull,
    /// The series is full and all its samples are newer.
    TooOld,
    /// The key is longer than the store has room for.
    KeyTooLong,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TableFull => "a new key, and the table of series is full",
            Self::TooOld => "older than every sample of a full series",
            Self::KeyTooLong => "a key longer than the store has room for",
        })
    }
}

impl core::error::Error for Refused {}

/// How full a store is, and how much it dropped since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Series that are there.
    pub series: usize,
    /// Samples that are there.
    pub samples: usize,
    /// Samples that gave way to newer ones.
    pub evicted: u64,
    /// Samples refused as [`Refused::TableFull`].
    pub table_full: u64,
    /// Samples refused as [`Refused::TooOld`].
    pub too_old: u64,
    /// Samples refused as [`Refused::KeyTooLong`].
    pub key_too_long: u64,
}

impl Counts {
    /// Of a store that has seen nothing.
    pub const ZERO: Self =
        Self { series: 0, samples: 0, evicted: 0, table_full: 0, too_old: 0, key_too_long: 0 };

    /// Samples refused, whatever the reason.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.table_full.saturating_add(self.too_old).saturating_add(self.key_too_long)
    }

    /// Of two stores that are one to whoever asks.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            series: self.series.saturating_add(other.series),
            samples: self.samples.saturating_add(other.samples),
            evicted: self.evicted.saturating_add(other.evicted),
            table_full: self.table_full.saturating_add(other.table_full),
            too_old: self.too_old.saturating_add(other.too_old),
            key_too_long: self.key_too_long.saturating_add(other.key_too_long),
        }
    }

    /// Counts a sample that was taken; without effect on `series`.
    pub const fn take(&mut self, taken: Taken) {
        match taken {
            Taken::Added => self.samples = self.samples.saturating_add(1),
            Taken::Replaced => {}
            Taken::Evicted => self.evicted = self.evicted.saturating_add(1),
        }
    }

    /// Counts a sample that was refused.
    pub const fn refuse(&mut self, refused: Refused) {
        match refused {
            Refused::TableFull => self.table_full = self.table_full.saturating_add(1),
            Refused::TooOld => self.too_old = self.too_old.saturating_add(1),
            Refused::KeyTooLong => self.key_too_long = self.key_too_long.saturating_add(1),
        }
    }
}

/// What taking a sample did to its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The series has one more sample.
    Added,
    /// The sample stands in the place of one with its timestamp.
    Replaced,
    /// The sample is there and the oldest of the full series is not.
    Evicted,
}

impl<S: Store> Store for &mut S {
    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        (**self).put(key, sample)
    }

    fn scan(
        &self,
        selector: Selector<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Option<Position> {
        (**self).scan(selector, from, visit)
    }

    fn counts(&self) -> Counts {
        (**self).counts()
    }

    fn batch(&mut self) -> impl Store {
        (**self).batch()
    }
}

/// For many connections of one thread. The cell is borrowed within a call only.
impl<S: Store> Store for &RefCell<S> {
    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.borrow_mut().put(key, sample)
    }

    fn scan(
        &self,
        selector: Selector<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Option<Position> {
        self.borrow().scan(selector, from, visit)
    }

    fn counts(&self) -> Counts {
        self.borrow().counts()
    }
}
