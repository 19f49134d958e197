//! The settings of a store.

use std::time::{Duration, SystemTime};

use metric_memory::Layout;

use crate::segment::MAX_RUN;

/// What an acknowledged put survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sync {
    /// The end of the process, whatever ends it. After a power loss, what the system had not
    /// written yet is lost: on most systems the puts of the last half minute.
    #[default]
    Write,
    /// A power loss, but for the puts of about the last second.
    Interval,
    /// A power loss. Puts that arrive together share a sync.
    Always,
}

/// The settings of a store. The bounds of series and samples are those of
/// [`MemoryStore`](metric_memory::MemoryStore).
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Settings {
    /// What an acknowledged put survives.
    pub sync: Sync,
    /// The layout of the table in memory.
    pub layout: Layout,
    /// The maximum number of series.
    pub max_series: usize,
    /// The maximum number of samples in each series, at least one.
    pub max_samples: usize,
    /// The bytes that series may take in memory. At the bound, samples are moved to segments.
    pub max_memory: usize,
    /// The bytes that all files in the directory may take, give or take a tenth; at the bound the
    /// oldest segment goes. At least [`LEAST_BYTES`].
    pub keep_bytes: Option<u64>,
    /// How long a sample is kept after it arrived, or up to a quarter and a minute longer. One that is
    /// put late goes with the samples of its time that are older.
    pub keep_age: Option<Duration>,
    /// How long a series is kept after its last sample arrived, or up to a quarter and a minute
    /// longer.
    pub forget: Option<Duration>,
    /// The bytes of a log, a multiple of 4,096. A full one is made into a segment.
    pub log_bytes: u64,
    /// The maximum number of samples in a run, up to 1,024. Small runs let tests reach many with
    /// few samples.
    pub run_samples: usize,
    /// How many segments of about one size are merged to one, at least two.
    pub merge_width: usize,
    /// The unit of timestamps: `s`, `ms`, `us` or `ns`. It is kept with the data; a directory with another unit is not opened.
    pub unit: Option<&'static str>,
    /// Returns the seconds since 1970.
    pub clock: fn() -> u32,
}

/// The smallest bound on the bytes of a directory.
pub const LEAST_BYTES: u64 = 64 << 20;

impl Settings {
    /// Creates settings without a bound on bytes or age.
    #[must_use]
    pub fn new(layout: Layout, max_series: usize, max_samples: usize) -> Self {
        Self {
            sync: Sync::default(),
            layout,
            max_series,
            max_samples,
            max_memory: usize::MAX,
            keep_bytes: None,
            keep_age: None,
            forget: None,
            log_bytes: LOG,
            run_samples: MAX_RUN,
            merge_width: 8,
            unit: None,
            clock: now,
        }
    }

    /// Bounds the bytes of the directory, and those of its logs with it.
    #[must_use]
    pub fn with_keep_bytes(mut self, bytes: u64) -> Self {
        self.keep_bytes = Some(bytes);
        self.log_bytes = self.log_bytes.min(bytes / 16 / 4_096 * 4_096);
        self
    }

    /// The most bytes that a merged segment may take if all segments take `total`.
    ///
    /// Each segment is an open file. Of the eight neighbours that are not merged any more, most have an
    /// eighth of this, so there are up to 8 * 16 large ones, and of smaller ones eight of each of a few
    /// sizes: some 200 files, of 1 TB as of 16 GB. The bound on [samples](Self::segment_samples) keeps
    /// segments smaller above that: to some 10 GB in runs of 1,024 samples, so that 1 TB is up to
    /// 8 * 100 files.
    pub(crate) fn segment_bytes(&self, total: u64) -> u64 {
        let most = (total / 16).max(1 << 30);
        self.keep_bytes.map_or(most, |bytes| most.min(bytes / 8))
    }

    /// The most samples that a merged segment may have. A merge has the index in memory that it writes:
    /// some 8 bytes for each run, which are up to a sixteenth of the memory that series may take, and
    /// what the keys take, of which the table has more than ten times as much.
    pub(crate) fn segment_samples(&self) -> u64 {
        let index = (self.max_memory as u64 / 16).clamp(1 << 20, 64 << 20);
        index / 8 * self.run_samples as u64
    }

    /// The longest time, in seconds, between the arrivals of two samples of a run.
    pub(crate) fn run_seconds(&self) -> u32 {
        sixteenth(self.keep_age)
    }

    /// The longest time, in seconds, for which a log takes records: times of arrival are this exact.
    pub(crate) fn log_seconds(&self) -> u32 {
        LOG_SECONDS.min(sixteenth(self.keep_age)).min(sixteenth(self.forget))
    }
}

const LOG_SECONDS: u32 = 3_600;

/// Returns a sixteenth of a time in seconds, at least one.
fn sixteenth(time: Option<Duration>) -> u32 {
    let sixteenth = time.map_or(u64::MAX, |time| time.as_secs() / 16);
    u32::try_from(sixteenth).unwrap_or(u32::MAX).max(1)
}

/// About ten million puts of a thousand series in turn; half a second to recover.
const LOG: u64 = 16 << 20;

fn now() -> u32 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |since| u32::try_from(since.as_secs()).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_grow_with_the_data_within_the_bound_on_bytes() {
        let settings = Settings::new(Layout::ONE_THREAD, 1, 1);
        let cases = [(0, 1 << 30), (16 << 30, 1 << 30), (1 << 40, 1 << 36)];
        for (total, most) in cases {
            assert_eq!(settings.segment_bytes(total), most);
        }
        let bounded = settings.with_keep_bytes(1 << 38);
        assert_eq!(bounded.segment_bytes(1 << 40), 1 << 35);
    }
}
