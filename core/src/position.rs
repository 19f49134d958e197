//! Where a scan goes on.

use core::num::NonZeroU64;

/// Where in a store a scan goes on.
///
/// Made and read by stores, and opaque to everyone else. It stays valid whatever is put or removed
/// meanwhile. To a store that did not make it a position means that there is nothing more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Position(Option<Mark>);

/// A place in a series, packed so that a position takes 24 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    /// The store in the highest 16 bits, and one more than the number of the series.
    series: NonZeroU64,
    next: i64,
    last: i64,
}

/// The samples of a series that a scan has yet to show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume {
    /// The number of the series, which no other series of the store ever has.
    pub series: u64,
    /// The timestamp of the first sample that is due, if it is still there.
    pub next: i64,
    /// The timestamp of the last sample that was there when the scan reached the series, so that
    /// the scan ends, however fast others put.
    pub last: i64,
}

impl Position {
    /// Before the first sample.
    pub const START: Self = Self(None);

    /// Series have numbers below this: a store with 2^48 series over its life is far away.
    pub const MAX_SERIES: u64 = (1 << STORE_SHIFT) - 1;

    /// A position in the store with this identity. A number of [`MAX_SERIES`](Self::MAX_SERIES) or
    /// more counts as the largest there is.
    #[must_use]
    pub const fn new(store: u16, Resume { series, next, last }: Resume) -> Self {
        let number = if series < Self::MAX_SERIES { series + 1 } else { Self::MAX_SERIES };
        let packed = (store as u64) << STORE_SHIFT | number;
        match NonZeroU64::new(packed) {
            Some(series) => Self(Some(Mark { series, next, last })),
            None => Self::START,
        }
    }

    /// Whether this is the start, where every store begins.
    #[must_use]
    pub const fn is_start(self) -> bool {
        self.0.is_none()
    }

    /// Where the store with this identity goes on; `None` at the start, and in another store.
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
