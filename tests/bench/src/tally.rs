//! Counts and latencies of a run.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::mix::Kind;
use crate::replies::Count;

/// The measurements of a run.
pub(crate) struct Tally {
    pub(crate) replies: Count,
    /// Replies to each kind of request, in the order of [`Kind::ALL`].
    pub(crate) kinds: [u64; Kind::ALL.len()],
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    /// Latencies in nanoseconds.
    pub(crate) latencies: Histogram<u64>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        // A histogram accepts these constant bounds.
        let latencies = Histogram::new_with_bounds(1, LONGEST, DIGITS);
        Self {
            replies: Count::default(),
            kinds: Default::default(),
            bytes_sent: 0,
            bytes_received: 0,
            latencies: latencies.unwrap_or_else(|error| unreachable!("{error}")),
        }
    }

    pub(crate) fn record(&mut self, latency: Duration, count: u64) {
        let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(LONGEST);
        self.latencies.saturating_record_n(nanoseconds.max(1), count);
    }
}

/// The largest latency, an hour in nanoseconds. Longer ones are recorded as an hour.
const LONGEST: u64 = 3_600_000_000_000;

/// Latencies are exact to a thousandth.
const DIGITS: u8 = 3;
