//! The layout of a store.

use crate::sealed::CAPACITY;

/// The layout of a store. It changes costs only, never results.
#[non_exhaustive]
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// The number of parts with a lock each, rounded up to a power of two. With one, a batch of
    /// puts takes one lock, which is best for a single thread. With many, threads seldom share one.
    pub shards: usize,
    /// The number of samples, 2 to 128, at which all but the newest are compressed to a chunk.
    /// Large chunks take less memory; small ones let tests reach many chunks with few samples.
    pub chunk: usize,
}

impl Layout {
    /// The layout for a single thread: one shard.
    pub const ONE_THREAD: Self = Self::new(1, CAPACITY);

    /// Creates a layout.
    #[must_use]
    pub const fn new(shards: usize, chunk: usize) -> Self {
        Self { shards, chunk }
    }
}

impl Default for Layout {
    /// The layout for several threads. The shards take 2 MiB. There are many because each lock is a
    /// cache line that moves between threads: compared with a store each, two threads with separate
    /// keys reach three quarters of the speed with 1,024 shards, and the same speed with these.
    fn default() -> Self {
        Self::new(16_384, CAPACITY)
    }
}
