//! A door of a server: what all its connections have in common.

use std::sync::Arc;

use memchr::memchr;
use metric_proto::Limits;

use crate::counters::DoorCounters;
use crate::dialect::{Dialect, Said};
use crate::fault::Fault;
use crate::path::Room;

/// What the connections of a door have in common.
#[derive(Debug)]
pub struct Door<D> {
    pub(crate) dialect: D,
    pub(crate) limits: Limits,
    counters: Arc<DoorCounters>,
}

impl<D> Door<D> {
    /// Creates a door for keys and lines within these limits.
    pub fn new(dialect: D, limits: Limits) -> Self {
        Self { dialect, limits, counters: Arc::default() }
    }

    /// Returns what it counts.
    pub fn counters(&self) -> &Arc<DoorCounters> {
        &self.counters
    }
}

impl<D: Dialect> Door<D> {
    /// Reads a line within the limits.
    pub(crate) fn read<'a>(&self, line: &'a [u8], room: &'a mut Room) -> Result<Said<'a>, Fault> {
        if line.len() > self.limits.line() {
            return Err(Fault::LongLine);
        }
        match self.dialect.read(line, room)? {
            Said::Sample(key, _) if key.as_bytes().len() > self.limits.key() => Err(Fault::LongKey),
            said => Ok(said),
        }
    }
}

/// Returns the first line without its line end, and its length with it.
pub(crate) fn split_line(input: &[u8]) -> Option<(&[u8], usize)> {
    let end = memchr(b'\n', input)?;
    let line = input.get(..end)?;
    Some((line.strip_suffix(b"\r").unwrap_or(line), end + 1))
}
