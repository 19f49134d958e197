//! What a scan reads of a series at once: the samples of a chunk, or only what they are together.

use metric_chunk::{Chunk, DecodeError};
use metric_proto::{Aggregate, Sample};

/// The samples of a chunk, or what they are together.
#[derive(Clone, Debug)]
pub enum Piece {
    /// Samples in the order of their timestamps.
    Samples(Vec<Sample>),
    /// What all samples of a chunk are together.
    Aggregate(Aggregate),
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

/// Which timestamps may be shown together: those from the first to the second, inclusive.
pub type Together<'a> = &'a dyn Fn(i64, i64) -> bool;

impl Piece {
    /// Reads a chunk that has no timestamp after `end`: it is decoded if its timestamps may not be
    /// shown together, or if it does not tell what its samples are.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if it is damaged.
    pub fn read(chunk: Chunk<'_>, end: i64, together: Together<'_>) -> Result<Self, DecodeError> {
        if together(chunk.first(), end)
            && let Some(aggregate) = chunk.aggregate()?
        {
            return Ok(Self::Aggregate(aggregate));
        }
        let mut samples = Vec::with_capacity(chunk.len());
        chunk.decode_to(&mut samples)?;
        Ok(Self::Samples(samples))
    }
}
