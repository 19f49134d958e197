//! Where a scan resumes.

use core::num::NonZeroU64;

/// Where in a store a scan resumes.
///
/// Only stores create and read it. It stays valid whatever is put or removed meanwhile. A scan from
/// a position of another store shows nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position(Option<Mark>);

/// A place in a series, packed so that a position takes 24 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    /// The store in the highest 16 bits, and the number of the series plus one.
    series: NonZeroU64,
    next: i64,
    last: i64,
}

/// The samples of a series that a scan has not shown yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The number of the series, which is unique in the store and never reused.
    pub series: u64,
    /// The earliest timestamp to show.
    pub next: i64,
    /// The latest timestamp to show: that of the newest sample when the scan reached the series. So
    /// the scan ends, however fast others put.
    pub last: i64,
}

impl Position {
    /// Before the first sample.
    pub const START: Self = Self(None);

    /// Numbers of series are below this. No store will create 2^48 series.
    pub const MAX_SERIES: u64 = (1 << STORE_SHIFT) - 1;

    /// Creates a position in the store with the identity `store`. A number of
    /// [`MAX_SERIES`](Self::MAX_SERIES) or more counts as the largest one.
    #[must_use]
    pub const fn new(store: u16, Resume { series, next, last }: Resume) -> Self {
        let number = if series < Self::MAX_SERIES { series + 1 } else { Self::MAX_SERIES };
        let packed = (store as u64) << STORE_SHIFT | number;
        match NonZeroU64::new(packed) {
            Some(series) => Self(Some(Mark { series, next, last })),
            None => Self::START,
        }
    }

    /// Whether this is [`START`](Self::START), which is valid in every store.
    #[must_use]
    pub const fn is_start(self) -> bool {
        self.0.is_none()
    }

    /// Returns where the store with the identity `store` resumes; `None` at the start, and for a
    /// position of another store.
    #[must_use]
    pub const fn resume(self, store: u16) -> Option<Resume> {
        match self.0 {
            Some(Mark { series, next, last }) if series.get() >> STORE_SHIFT == store as u64 => {
                let series = (series.get() & Self::MAX_SERIES).wrapping_sub(1);
                Some(Resume { series, next, last })
            }
            _ => None,
        }
    }
}

const STORE_SHIFT: u32 = 48;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_is_understood_by_the_store_that_made_it() {
        let places = [(0, 0), (0, 1), (7, 65_536), (u16::MAX, Position::MAX_SERIES - 1)];
        for (store, series) in places {
            let resume = Resume { series, next: i64::MIN, last: i64::MAX };
            let position = Position::new(store, resume);
            assert_eq!(position.resume(store), Some(resume));
            assert_eq!(position.resume(store ^ 1), None);
            assert!(!position.is_start());
        }
        assert!(Position::START.is_start() && Position::START.resume(0).is_none());
    }
}
