//! A log file, and what it remembers of each series.

use std::io;
use std::sync::Arc;

use crate::File;
use crate::head::Head;

/// What a log remembers for each series.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mark {
    /// The number of the log that last had the series.
    pub(crate) log: u32,
    /// The number of the series in that log.
    pub(crate) number: u32,
    /// When the oldest of the samples that are in memory arrived, in seconds since 1970, but for those before a
    /// long silence.
    pub(crate) arrival: u32,
    /// When the newest arrived, or up to the time of one log later. As long as the log is not
    /// flushed, it may be earlier.
    pub(crate) last: u32,
    /// Whether some of its samples must be written to the next segment, whatever the log.
    pub(crate) loose: bool,
    /// Whether there was a long silence, so that the samples in memory must go no further together.
    pub(crate) apart: bool,
}

/// A log file that takes frames.
#[derive(Debug)]
pub(crate) struct LogFile<F> {
    pub(crate) number: u64,
    /// Missing while logs are replayed.
    pub(crate) file: Option<Arc<F>>,
    pub(crate) salt: u32,
    /// When its first record was put, or a little earlier, in seconds since 1970.
    pub(crate) start: u32,
    /// What its head says about that.
    pub(crate) made: u32,
    /// Where the next frame goes.
    pub(crate) offset: u64,
    pub(crate) length: u64,
}

/// The log that follows the current one.
#[derive(Debug)]
pub(crate) enum Spare<F> {
    Ready(LogFile<F>),
    /// The keeper has it made.
    Due,
    /// It could not be made.
    Failed,
}

impl<F: File> LogFile<F> {
    /// A log that is not there, and takes nothing.
    pub(crate) const fn missing() -> Self {
        Self { number: 0, file: None, salt: 0, start: 0, made: 0, offset: 0, length: 0 }
    }

    pub(crate) fn has_name(&self) -> bool {
        self.file.as_ref().is_none_or(|file| file.has_name())
    }

    /// Writes the head again before the first frame: a log may wait for days until it is used.
    pub(crate) fn write_head(&self, file: &F) -> io::Result<()> {
        let Self { number, start, made, salt, offset, .. } = *self;
        if offset > Head::LENGTH as u64 || made == start {
            return Ok(());
        }
        file.write_all_at(&Head { number, start, salt }.encode(), 0)
    }
}
