//! The earlier measurement that a difference needs.

use std::time::{Duration, Instant};

use super::super::SHORTEST;

/// What was measured last, and when.
pub(super) struct Baseline<T>(Option<(Instant, T)>);

impl<T> Default for Baseline<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> Baseline<T> {
    /// Returns what `between` makes of the last measurement and of this one. `None` if it is the first one,
    /// or if it follows too soon, as after one that was late; then the last one stays.
    pub(super) fn advance<D>(
        &mut self,
        time: Instant,
        now: T,
        between: impl FnOnce(&T, &T, Duration) -> D,
    ) -> Option<D> {
        let Some((last, before)) = &self.0 else {
            self.0 = Some((time, now));
            return None;
        };
        let elapsed = time.saturating_duration_since(*last);
        if elapsed < SHORTEST {
            return None;
        }
        let difference = between(before, &now, elapsed);
        self.0 = Some((time, now));
        Some(difference)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_of_the_shortest_time_or_of_a_longer_one() {
        let (mut baseline, start) = (Baseline::default(), Instant::now());
        let mut at = |millisecond, count| {
            let time = start + Duration::from_millis(millisecond);
            baseline.advance(time, count, |before, now, elapsed| (now - before, elapsed))
        };
        let shortest = SHORTEST.as_millis() as u64;
        assert_eq!(at(0, 1), None);
        assert_eq!(at(5, 2), None);
        assert_eq!(at(shortest - 1, 3), None);
        assert_eq!(at(shortest, 5), Some((4, SHORTEST)));
        assert_eq!(at(shortest + 1, 6), None);
        assert_eq!(at(3 * shortest, 7), Some((2, 2 * SHORTEST)));
    }
}
