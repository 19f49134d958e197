//! Samples of a series that its table does not have decoded: about to be stored, or in a segment.

use std::sync::Arc;

use metric_chunk::{Chunk, Until};
use metric_memory::Piece;
use metric_proto::Sample;

use crate::segment;

/// A run of samples of one series.
#[derive(Clone, Debug)]
pub(crate) enum Run {
    /// An encoded chunk that a flush writes. It stays in memory until its segment is published.
    Flushing(Flushing),
    /// Samples in a segment.
    Stored(Stored),
}

/// A chunk on its way to a segment.
#[derive(Clone, Debug)]
pub(crate) struct Flushing {
    pub(crate) bytes: Arc<[u8]>,
    /// Names this chunk, and no other one of this process. A flush counts up.
    pub(crate) ticket: u64,
    /// When the oldest of its samples arrived, in seconds since 1970.
    pub(crate) arrival: u32,
}

/// A run in a segment, or the older part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stored {
    /// The segment, by its number in [`Segments`](crate::segments::Segments).
    pub(crate) segment: u32,
    /// How many of its samples count, from the first on, at least one: a newer segment, or the
    /// head of the series, has the others.
    pub(crate) live: u16,
    pub(crate) run: segment::Run,
}

impl Stored {
    /// A whole run.
    pub(crate) const fn new(segment: u32, run: segment::Run) -> Self {
        Self { segment, live: run.count, run }
    }

    /// The latest timestamp that it may have.
    pub(crate) const fn last(&self) -> i64 {
        if self.is_whole() { self.run.last } else { self.run.last - 1 }
    }

    pub(crate) const fn is_whole(&self) -> bool {
        self.live == self.run.count
    }

    /// Returns the run without its last sample, if that has this timestamp and is not the only one.
    /// The other samples need not be read for that.
    pub(crate) fn without_last(&self, timestamp: i64) -> Option<Self> {
        let is_last = self.is_whole() && self.run.last == timestamp && self.live > 1;
        is_last.then_some(Self { live: self.live - 1, ..*self })
    }
}

impl Run {
    /// Returns when the oldest of its samples arrived, in seconds since 1970.
    pub(crate) fn arrival(&self) -> u32 {
        match self {
            Self::Flushing(flushing) => flushing.arrival,
            Self::Stored(stored) => stored.run.arrival,
        }
    }
}

impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Flushing(one), Self::Flushing(other)) => one.ticket == other.ticket,
            (Self::Stored(one), Self::Stored(other)) => one == other,
            _ => false,
        }
    }
}

impl metric_memory::Run for Run {
    fn first(&self) -> i64 {
        match self {
            Self::Flushing(flushing) => flushing.chunk().first(),
            Self::Stored(stored) => stored.run.first,
        }
    }

    fn samples(&self) -> usize {
        match self {
            Self::Flushing(flushing) => flushing.chunk().len(),
            Self::Stored(stored) => stored.live.into(),
        }
    }

    fn heap_bytes(&self) -> usize {
        match self {
            // The counts of an `Arc`, and an allocation's own bytes.
            Self::Flushing(flushing) => flushing.bytes.len() + 32,
            Self::Stored(_) => 0,
        }
    }
}

impl AsRef<[u8]> for Flushing {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Flushing {
    pub(crate) fn samples(&self) -> Vec<Sample> {
        self.chunk().decode().map_while(Result::ok).collect()
    }

    /// Returns what may be shown together of samples without a timestamp after `end`.
    pub(crate) fn piece(&self, end: i64, until: Until<'_>) -> Piece {
        Piece::read(self.chunk(), end, until).expect(ENCODED)
    }

    pub(crate) fn chunk(&self) -> Chunk<'_> {
        Chunk::new(&self.bytes).expect(ENCODED)
    }
}

const ENCODED: &str = "the bytes were encoded here";
