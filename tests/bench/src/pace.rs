//! When requests are due.

use std::time::{Duration, Instant};

/// How many requests to send, and when.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    start: Instant,
    end: Option<Instant>,
    requests: u64,
    /// Requests per second; `None` for a closed loop, where all are due at once.
    rate: Option<f64>,
    taken: u64,
}

/// Requests to send now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) count: u64,
    /// When the first was due, and the interval between them; `None` for a closed loop, where they
    /// are due when they are sent.
    pub(crate) schedule: Option<(Instant, Duration)>,
}

impl Pace {
    pub(crate) fn new(
        duration: Option<Duration>,
        requests: Option<u64>,
        rate: Option<f64>,
    ) -> Self {
        let start = Instant::now();
        Self {
            start,
            end: duration.map(|duration| start + duration),
            requests: requests.unwrap_or(u64::MAX),
            rate,
            taken: 0,
        }
    }

    /// Takes up to `most` of the requests that are due.
    pub(crate) fn take(&mut self, now: Instant, most: u64) -> Option<Due> {
        if self.is_past_end(now) {
            return None;
        }
        let count = self.due(now).saturating_sub(self.taken).min(most);
        let schedule = self.rate.map(|rate| (self.time_of_next(rate), seconds(rate.recip())));
        self.taken += count;
        (count > 0).then_some(Due { count, schedule })
    }

    /// Ends the load now.
    pub(crate) fn stop(&mut self, now: Instant) {
        self.end = self.end.map_or(Some(now), |end| Some(end.min(now)));
    }

    /// Returns whether all requests were taken or the time is up.
    pub(crate) fn is_over(&self, now: Instant) -> bool {
        self.is_past_end(now) || self.taken >= self.requests
    }

    /// Returns when the next request is due; `None` for a closed loop.
    pub(crate) fn next(&self) -> Option<Instant> {
        let next = self.time_of_next(self.rate?);
        Some(self.end.map_or(next, |end| end.min(next)))
    }

    /// Returns the number of requests that were due before the end but not taken.
    pub(crate) fn missed(&self) -> u64 {
        match (self.rate, self.end) {
            (Some(rate), Some(end)) => {
                let due = self.turns(rate, end).ceil() as u64;
                due.min(self.requests).saturating_sub(self.taken)
            }
            _ => 0,
        }
    }

    pub(crate) fn start(&self) -> Instant {
        self.start
    }

    fn is_past_end(&self, now: Instant) -> bool {
        self.end.is_some_and(|end| now >= end)
    }

    /// Returns the number of requests due until `now`, taken or not.
    fn due(&self, now: Instant) -> u64 {
        let due = self.rate.map_or(u64::MAX, |rate| self.turns(rate, now) as u64 + 1);
        due.min(self.requests)
    }

    fn turns(&self, rate: f64, now: Instant) -> f64 {
        now.saturating_duration_since(self.start).as_secs_f64() * rate
    }

    fn time_of_next(&self, rate: f64) -> Instant {
        self.start + seconds(self.taken as f64 / rate)
    }
}

/// Converts seconds to a duration, or to [`FAR`] if they do not fit one.
fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(FAR)
}

const FAR: Duration = Duration::from_secs(1_000_000_000);

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn in_a_closed_loop_everything_is_due_until_the_end() {
        let mut pace = Pace::new(Some(SECOND), None, None);
        assert_eq!(pace.take(pace.start, 7), Some(Due { count: 7, schedule: None }));
        assert_eq!(pace.take(pace.start, 7), Some(Due { count: 7, schedule: None }));
        assert_eq!(pace.take(pace.start + SECOND, 7), None);
        assert!(pace.is_over(pace.start + SECOND) && pace.missed() == 0);
    }

    #[test]
    fn a_number_of_requests_is_met_exactly() {
        let mut pace = Pace::new(None, Some(10), None);
        let takes = [7, 7, 7].map(|most| pace.take(pace.start, most).map_or(0, |due| due.count));
        assert_eq!(takes, [7, 3, 0]);
        assert!(pace.is_over(pace.start));
    }

    #[test]
    fn in_an_open_loop_requests_keep_the_time_at_which_they_were_due() {
        let mut pace = Pace::new(Some(10 * SECOND), None, Some(4.0));
        let (start, quarter) = (pace.start, SECOND / 4);
        let due = |count, first| Some(Due { count, schedule: Some((first, quarter)) });
        assert_eq!(pace.take(start, 7), due(1, start));
        assert_eq!(pace.take(start, 7), None);
        assert_eq!(pace.next(), Some(start + quarter));
        assert_eq!(pace.take(start + SECOND, 3), due(3, start + quarter));
        assert_eq!(pace.take(start + SECOND, 3), due(1, start + SECOND));
    }

    #[test]
    fn what_was_due_and_not_sent_is_missed() {
        let mut pace = Pace::new(Some(SECOND), None, Some(8.0));
        pace.take(pace.start, 1);
        pace.stop(pace.start + SECOND / 2);
        assert_eq!(pace.missed(), 3);
    }
}
