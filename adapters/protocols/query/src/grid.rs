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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn time() -> impl Strategy<Value = i64> {
        prop_oneof![any::<i64>(), -50_i64..50, Just(i64::MIN), Just(i64::MAX), Just(0)]
    }

    proptest! {
        #[test]
        fn intervals_cover_the_span_are_few_and_are_aligned(
            from in time(),
            until in time(),
            points in prop_oneof![1_usize..5, 1_usize..100_001],
        ) {
            let (from, until) = (from.min(until), from.max(until));
            let grid = Grid::new(from, until, points);
            let width = i128::from(grid.width());
            let (first, last) = grid.ends();
            prop_assert!(first <= from && until <= last);
            if points > 1 {
                let index = |at: i64| i128::from(at).div_euclid(width);
                prop_assert!(index(until) - index(from) < points as i128);
                let (start, end) = grid.interval(from);
                let exact = index(from) * width;
                prop_assert_eq!(i128::from(start), exact.max(i64::MIN.into()));
                prop_assert_eq!(i128::from(end), (exact + width - 1).min(i64::MAX.into()));
            } else {
                prop_assert_eq!((first, last), (from, until));
            }
        }

        #[test]
        fn the_width_stays_when_the_span_moves_and_a_smaller_one_is_not_enough_everywhere(
            from in -1_000_000_i64..1_000_000,
            beyond in 0_i64..100_000,
            points in 2_usize..1_000,
        ) {
            let grid = Grid::new(from, from + beyond, points);
            for moved in 0..20 {
                let later = Grid::new(from + moved, from + moved + beyond, points);
                prop_assert_eq!(later.width(), grid.width());
            }
            if grid.width() > 1 {
                // A span that begins at the end of an interval needs the most of them.
                let smaller = grid.width() as i64 - 1;
                let needed = (smaller - 1 + beyond) / smaller + 1;
                prop_assert!(needed > points as i64);
            }
        }
    }

    #[test]
    fn the_whole_axis_is_divided() {
        for (points, width) in [(1, u64::MAX), (2, 1 << 63), (3, 1 << 63), (5, 1 << 62)] {
            assert_eq!(Grid::new(i64::MIN, i64::MAX, points).width(), width, "{points}");
        }
    }
}
