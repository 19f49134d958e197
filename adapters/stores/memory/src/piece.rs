//! What a scan reads of a series at once: the samples of a chunk, or only what they are together in each
//! interval.

use metric_chunk::{Chunk, DecodeError, Until};
use metric_proto::{Aggregate, Sample};

/// The samples of a chunk, or what they are together.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Samples in the order of their timestamps.
    Samples(Vec<Sample>),
    /// What all samples of a chunk are together.
    Aggregate(Aggregate),
    /// What those in each interval are together, the oldest first.
    Parts(Vec<Aggregate>),
}

/// What was read of a chunk or of a run.
#[derive(Clone, Debug)]
pub(crate) enum Pieces {
    /// That of a chunk. It needs no allocation of its own.
    One(Piece),
    /// Those of a run.
    Many(Vec<Piece>),
}

impl Pieces {
    pub(crate) fn as_slice(&self) -> &[Piece] {
        match self {
            Self::One(piece) => std::slice::from_ref(piece),
            Self::Many(pieces) => pieces,
        }
    }

    /// Drops the first samples.
    pub(crate) fn without(mut self, mut dropped: usize) -> Self {
        let pieces = match &mut self {
            Self::One(piece) => std::slice::from_mut(piece),
            Self::Many(pieces) => pieces,
        };
        for piece in pieces {
            if let Piece::Samples(samples) = piece {
                dropped -= samples.drain(..dropped.min(samples.len())).len();
            }
        }
        self
    }
}

impl Piece {
    /// Reads a chunk that has no timestamp after `end`. `until` returns the last timestamp that may be shown
    /// together with a first one, if any may.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if it is damaged, or if it is decoded and has a timestamp after `end`.
    pub fn read(chunk: Chunk<'_>, end: i64, until: Until<'_>) -> Result<Self, DecodeError> {
        match until(chunk.first()) {
            Some(last) if end <= last => {
                if let Some(aggregate) = chunk.aggregate()? {
                    return Ok(Self::Aggregate(aggregate));
                }
            }
            Some(last) if last > chunk.first() => {
                let mut parts = Vec::new();
                if let Some(newest) = chunk.aggregates(until, &mut parts)? {
                    return within(newest, end).map(|()| Self::Parts(parts));
                }
            }
            _ => {}
        }
        let mut samples = Vec::with_capacity(chunk.len());
        chunk.decode_to(&mut samples)?;
        within(samples.last().map_or(end, |sample| sample.timestamp()), end)?;
        Ok(Self::Samples(samples))
    }
}

fn within(newest: i64, end: i64) -> Result<(), DecodeError> {
    if newest <= end { Ok(()) } else { Err(DecodeError::Inconsistent) }
}
