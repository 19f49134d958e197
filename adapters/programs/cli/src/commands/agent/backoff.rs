//! The pauses between attempts to connect.

use std::time::Duration;

/// Pauses that double from the shortest to the longest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Backoff {
    shortest: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    pub(super) const fn new(shortest: Duration, longest: Duration) -> Self {
        Self { shortest, longest, next: shortest }
    }

    /// Returns the pause after one more failure.
    pub(super) fn next_pause(&mut self) -> Duration {
        let pause = self.next;
        self.next = pause.saturating_mul(2).min(self.longest);
        pause
    }

    /// Starts again from the shortest pause.
    pub(super) fn reset(&mut self) {
        self.next = self.shortest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_start_again() {
        let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(3));
        let mut pauses =
            |count| Vec::from_iter((0..count).map(|_| backoff.next_pause().as_millis()));
        assert_eq!(pauses(5), [500, 1000, 2000, 3000, 3000]);
        backoff.reset();
        assert_eq!(backoff.next_pause().as_millis(), 500);
    }
}
