//! Decides when to measure: at once, then at each multiple of the period.
//!
//! Rounds follow the clock and not the end of the round before. So no period is skipped or measured
//! twice, even if a round starts late.

use std::time::Duration;

use crate::time::Unit;

/// The length of a period, and the number of the last one measured.
pub(super) struct Schedule {
    every: u64,
    measured: Option<u64>,
}

/// The next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    /// Measure, with this timestamp, in seconds.
    Now(i64),
    /// Wait for this long, then ask again.
    In(Duration),
}

/// The longest wait. Waits do not notice that the clock was set forward, or that the machine slept.
const LONGEST: Duration = Duration::from_secs(30);

impl Schedule {
    /// Creates a schedule of rounds that are `every` seconds apart.
    pub(super) const fn new(every: u64) -> Self {
        Self { every, measured: None }
    }

    /// Returns what to do at `now`, the time since 1970.
    ///
    /// If the clock is set back, timestamps repeat and replace the samples before, which is better
    /// than having none.
    pub(super) fn next(&mut self, now: Duration) -> Due {
        let period = now.as_secs() / self.every;
        if self.measured == Some(period) {
            let end = Duration::from_secs((period + 1).saturating_mul(self.every));
            return Due::In(end.saturating_sub(now).min(LONGEST));
        }
        self.measured = Some(period);
        Due::Now(Unit::Second.of_seconds(now.as_secs()))
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
            // This round is late, but the next one is on time.
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

    #[test]
    fn a_period_that_ends_during_a_long_sleep_of_the_machine_is_not_missed() {
        let mut schedule = Schedule::new(3_600);
        for (now, due) in [
            (36_000, Due::Now(36_000)),
            (36_001, Due::In(LONGEST)),
            (39_580, Due::In(Duration::from_secs(20))),
            // The machine slept.
            (43_205, Due::Now(43_205)),
        ] {
            assert_eq!(schedule.next(Duration::from_secs(now)), due, "{now}");
        }
    }
}
