//! The intervals into which a span of time is divided.

use crate::window::Window;

/// Intervals of one width, whose starts are multiples of it.
///
/// The width depends on the length of the span only, not on where it lies. So intervals do not move
/// when the span does, as that of the last hour does all the time. One interval alone is the span
/// itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    from: i64,
    until: i64,
    width: u64,
    is_one: bool,
}

impl Grid {
    /// Divides the span from `from` to `until` into at most `points` intervals of the smallest width
    /// with which so many cover any span of this length. An empty span counts as one unit of time,
    /// no points as one.
    #[must_use]
    pub fn new(from: i64, until: i64, points: usize) -> Self {
        let until = until.max(from);
        let beyond = until.abs_diff(from);
        let (width, is_one) = match (points as u64).saturating_sub(1) {
            0 => (beyond.saturating_add(1), true),
            // With the largest width the whole axis is two intervals.
            gaps => (beyond.div_ceil(gaps).clamp(1, LARGEST), false),
        };
        Self { from, until, width, is_one }
    }

    /// Returns the width of an interval.
    #[must_use]
    pub const fn width(&self) -> u64 {
        self.width
    }

    /// Returns the start of the first interval and the end of the last one, as far as timestamps go.
    #[must_use]
    pub fn ends(&self) -> (i64, i64) {
        (self.interval(self.from).0, self.interval(self.until).1)
    }

    /// Returns the first and the last timestamp of the interval around a timestamp, as far as
    /// timestamps go.
    #[must_use]
    pub fn interval(&self, at: i64) -> (i64, i64) {
        if self.is_one {
            return (self.from, self.until);
        }
        match i64::try_from(self.width) {
            Ok(width) => {
                // The width is never zero, but the compiler cannot see that.
                let behind = at.checked_rem_euclid(width).unwrap_or(0);
                (at.saturating_sub(behind), at.saturating_add(width - behind - 1))
            }
            Err(_) if at < 0 => (i64::MIN, -1),
            Err(_) => (0, i64::MAX),
        }
    }
}

const LARGEST: u64 = 1 << 63;

impl From<Grid> for Window {
    fn from(grid: Grid) -> Self {
        Self { from: grid.from, until: grid.until, newest: usize::MAX }
    }
}
