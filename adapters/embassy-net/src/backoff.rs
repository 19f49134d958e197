//! The pauses between attempts to connect.

use embassy_time::Duration;

/// Pauses of 1 second, 2, 4 and so on up to 60.
#[derive(Debug)]
pub struct Backoff(Duration);

impl Backoff {
    /// Begins with the shortest pause.
    #[must_use]
    pub const fn new() -> Self {
        Self(SHORTEST)
    }

    /// Returns the pause after one more failure.
    pub fn next_pause(&mut self) -> Duration {
        let pause = self.0;
        self.0 = (pause * 2).min(LONGEST);
        pause
    }

    /// Starts again from the shortest pause.
    pub fn reset(&mut self) {
        self.0 = SHORTEST;
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Self::new()
    }
}

/// A server that restarts is back within this.
const SHORTEST: Duration = Duration::from_secs(1);

/// Limits the load of an outage, and the time for which a server that is back has to wait.
const LONGEST: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    extern crate std;

    use std::vec::Vec;

    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_start_again() {
        let mut backoff = Backoff::new();
        let mut pauses = |count| Vec::from_iter((0..count).map(|_| backoff.next_pause().as_secs()));
        assert_eq!(pauses(8), [1, 2, 4, 8, 16, 32, 60, 60]);
        backoff.reset();
        assert_eq!(backoff.next_pause().as_secs(), 1);
    }
}
