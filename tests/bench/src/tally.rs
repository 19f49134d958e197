//! Counters and latencies.

use std::time::Duration;

use hdrhistogram::Histogram;

use crate::mix::Kind;
use crate::replies::Count;

/// The counters and latencies of one load.
pub(crate) struct Tally {
    pub(crate) replies: Count,
    /// Replies to each kind of request, in the order of [`Kind::ALL`].
    pub(crate) kinds: [u64; Kind::ALL.len()],
    pub(crate) bytes_sent: u64,
    pub(crate) bytes_received: u64,
    /// In nanoseconds.
    pub(crate) latencies: Histogram<u64>,
}

impl Tally {
    pub(crate) fn new() -> Self {
        // These constants are valid bounds.
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

/// One hour in nanoseconds; longer latencies are recorded as one hour.
const LONGEST: u64 = 3_600_000_000_000;

/// Significant digits of latencies.
const DIGITS: u8 = 3;
