//! A sealed chunk of samples.

use metric_chunk::{Chunk, MAX_SAMPLES, Until, encode};
use metric_proto::Sample;

use crate::backing::{Run, Unread};
use crate::piece::{Piece, Pieces};

/// Samples in the order of their timestamps: up to [`MAX_SAMPLES`] encoded ones, or a run of them that
/// is elsewhere.
///
/// The first timestamp is not stored again outside the chunk: that would take a third of a bit for
/// each sample.
#[derive(Clone, Debug)]
pub enum Sealed<R> {
    /// An encoded chunk.
    Here(Box<[u8]>),
    /// A run.
    There(R),
}

/// The maximum number of samples in an encoded chunk.
pub(crate) const CAPACITY: usize = MAX_SAMPLES;

impl<R: Run> Sealed<R> {
    /// Seals up to [`MAX_SAMPLES`] samples, at least one, in the order of their timestamps.
    #[must_use]
    pub fn new(samples: &[Sample]) -> Self {
        Self::Here(encode(samples).into())
    }

    /// Returns the timestamp of the first sample.
    #[must_use]
    pub fn first(&self) -> i64 {
        match self {
            Self::Here(bytes) => chunk(bytes).first(),
            Self::There(run) => run.first(),
        }
    }

    /// Returns the number of samples.
    #[must_use]
    pub fn samples(&self) -> usize {
        match self {
            Self::Here(bytes) => chunk(bytes).len(),
            Self::There(run) => run.samples(),
        }
    }

    /// Returns the bytes that it takes beside itself, including the allocator's overhead.
    pub(crate) fn heap_bytes(&self) -> usize {
        match self {
            Self::Here(bytes) => bytes.len() + ALLOCATION,
            Self::There(run) => run.heap_bytes(),
        }
    }

    /// Reads what a scan may show together, where possible without decoding. No timestamp is after
    /// `end`.
    pub(crate) fn pieces(
        &self,
        end: i64,
        until: Until<'_>,
        read: impl FnOnce(&R, i64, Until<'_>) -> Result<Vec<Piece>, Unread>,
    ) -> Result<Pieces, Unread> {
        match self {
            Self::Here(bytes) => {
                Ok(Pieces::One(Piece::read(chunk(bytes), end, until).expect(ENCODED)))
            }
            Self::There(run) => read(run, end, until).map(Pieces::Many),
        }
    }

    /// Decodes or reads the samples.
    pub(crate) fn open(
        &self,
        read: impl FnOnce(&R) -> Result<Vec<Sample>, Unread>,
    ) -> Result<Vec<Sample>, Unread> {
        match self {
            Self::Here(bytes) => Ok(decode(bytes)),
            Self::There(run) => read(run),
        }
    }
}

/// Decodes a chunk that was encoded by this process. Not inlined, to keep it out of scans that do
/// not need it.
#[inline(never)]
fn decode(bytes: &[u8]) -> Vec<Sample> {
    let chunk = chunk(bytes);
    let mut samples = Vec::with_capacity(chunk.len());
    chunk.decode_to(&mut samples).expect(ENCODED);
    samples
}

fn chunk(bytes: &[u8]) -> Chunk<'_> {
    Chunk::new(bytes).expect(ENCODED)
}

/// What an allocator adds to a requested size: a header, and half of what it rounds up on average.
pub(crate) const ALLOCATION: usize = 16;

const ENCODED: &str = "the bytes were encoded here";
