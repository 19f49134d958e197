//! A sealed chunk of samples.

use metric_chunk::{Chunk, MAX_SAMPLES, encode};
use metric_proto::Sample;

/// Up to [`CAPACITY`] samples in the order of their timestamps.
///
/// The first timestamp is not stored again outside the chunk: that would take a third of a bit for
/// each sample.
#[derive(Debug)]
pub(crate) struct Sealed(Box<[u8]>);

/// The maximum number of samples in a sealed chunk.
pub(crate) const CAPACITY: usize = MAX_SAMPLES;

impl Sealed {
    /// Seals samples, at least one.
    pub(crate) fn new(samples: &[Sample]) -> Self {
        Self(encode(samples).into())
    }

    /// Returns the timestamp of the first sample.
    pub(crate) fn first(&self) -> i64 {
        self.chunk().first()
    }

    /// Returns the number of samples.
    pub(crate) fn len(&self) -> usize {
        self.chunk().len()
    }

    /// Returns the bytes that it takes, including the allocator's overhead and its place in a row.
    pub(crate) fn bytes(&self) -> usize {
        self.0.len() + ALLOCATION + size_of::<Self>()
    }

    /// Decodes the samples. Not inlined, to keep it out of scans that do not need it.
    #[inline(never)]
    pub(crate) fn open(&self) -> Vec<Sample> {
        let chunk = self.chunk();
        let mut samples = Vec::with_capacity(chunk.len());
        samples.extend(chunk.decode().map(|sample| sample.expect(ENCODED)));
        samples
    }

    fn chunk(&self) -> Chunk<'_> {
        Chunk::new(&self.0).expect(ENCODED)
    }
}

/// What an allocator adds to a requested size: a header, and half of what it rounds up on average.
const ALLOCATION: usize = 16;

const ENCODED: &str = "the bytes were encoded here";
