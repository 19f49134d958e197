//! A chunk of samples.

use metric_chunk::{Chunk, MAX_SAMPLES, encode};
use metric_proto::Sample;

/// Up to [`CAPACITY`] samples in the order of their timestamps.
///
/// The timestamp that a chunk is found by is in the chunk only: once more beside it, it would take a
/// third of a bit of each sample.
#[derive(Debug)]
pub(crate) struct Sealed(Box<[u8]>);

/// How many samples are sealed together.
pub(crate) const CAPACITY: usize = MAX_SAMPLES;

impl Sealed {
    /// Seals samples, of which there is one at least.
    pub(crate) fn new(samples: &[Sample]) -> Self {
        Self(encode(samples).into())
    }

    /// The timestamp of the first sample.
    pub(crate) fn first(&self) -> i64 {
        self.chunk().first()
    }

    /// How many samples there are.
    pub(crate) fn len(&self) -> usize {
        self.chunk().len()
    }

    /// How many bytes it takes, with those of the allocator and of its place in a row.
    pub(crate) fn bytes(&self) -> usize {
        self.0.len() + ALLOCATION + size_of::<Self>()
    }

    /// The samples again. Not inlined, to be kept out of the code of scans that need none of it.
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

/// What an allocator adds to the bytes that it is asked for: a header, and on average half of what it
/// rounds up to.
const ALLOCATION: usize = 16;

const ENCODED: &str = "what was encoded here is a chunk";
