//! When to measure: at the first chance, then at each multiple of the period.
//!
//! Rounds are tied to the clock's whole seconds, not to the end of the round before, so that no
//! second is left out or taken twice however long a round takes to start.

use std::time::Duration;

/// A period and the one that was last measured.
pub(super) struct Schedule {
    every: u64,
    measured: Option<u64>,
}

/// What to do at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Measure, with this timestamp.
    Now(i64),
    /// Wait, then ask again.
    In(Duration),
}

impl Schedule {
    /// A schedule of rounds that are `every` seconds apart.
    pub(super) const fn new(every: u64) -> Self {
        Self { every, measured: None }
    }

    /// Says what to do at a time since 1970.
    ///
    /// A clock that was set back makes rounds with timestamps that were there before: they replace
    /// the old ones, which is better than none.
    pub(super) fn next(&mut self, now: Duration) -> Due {
        let period = now.as_secs() / self.every;
        if self.measured == Some(period) {
            let end = Duration::from_secs((period + 1).saturating_mul(self.every));
            return Due::In(end.saturating_sub(now));
        }
        self.measured = Some(period);
        Due::Now(i64::try_from(now.as_secs()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounds_keep_to_multiples_of_the_period() {
        let mut schedule = Schedule::new(5);
        let cases = [
            (1003.7, Due::Now(1003)),
            (1003.8, Due::In(Duration::from_millis(1200))),
            (1004.75, Due::In(Duration::from_millis(250))),
            (1005.0, Due::Now(1005)),
            (1006.0, Due::In(Duration::from_secs(4))),
            // It woke late, but the round after is on time again.
            (1011.5, Due::Now(1011)),
            (1011.5, Due::In(Duration::from_millis(3500))),
            // The machine slept.
            (9000.0, Due::Now(9000)),
            // The clock was set back.
            (1011.5, Due::Now(1011)),
            (1012.0, Due::In(Duration::from_secs(3))),
        ];
        for (now, due) in cases {
            assert_eq!(schedule.next(Duration::from_secs_f64(now)), due, "{now}");
        }
    }
}
