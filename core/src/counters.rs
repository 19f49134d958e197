//! The counters of a store: its contents, its refusals and its evictions.

use crate::store::Refused;

/// How full a store is, and what it evicted and refused since it was created.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StoreCounters {
    /// Series in the store.
    pub series: usize,
    /// Samples in the store.
    pub samples: usize,
    /// Samples that were dropped for newer ones.
    pub evicted: u64,
    /// Samples refused as [`Refused::TableFull`].
    pub table_full: u64,
    /// Samples refused as [`Refused::TooOld`].
    pub too_old: u64,
    /// Samples refused as [`Refused::KeyTooLong`].
    pub key_too_long: u64,
}

impl StoreCounters {
    /// The counters of a new store.
    pub const ZERO: Self =
        Self { series: 0, samples: 0, evicted: 0, table_full: 0, too_old: 0, key_too_long: 0 };

    /// Returns the number of samples refused for any reason.
    #[must_use]
    pub const fn refused(&self) -> u64 {
        self.table_full.saturating_add(self.too_old).saturating_add(self.key_too_long)
    }

    /// Returns the sum of two stores' counters.
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

    /// Counts a sample that was taken. Does not change `series`.
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
            // A store that may be unavailable counts that itself.
            Refused::Unavailable | Refused::NotYet => {}
        }
    }
}

/// What taking a sample did to its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// The series has one more sample.
    Added,
    /// The sample replaced the one with its timestamp.
    Replaced,
    /// The sample was added, and the oldest sample of the full series was dropped.
    Evicted,
}
