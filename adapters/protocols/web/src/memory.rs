//! How much memory several may take together, so that many peers at once cannot take more.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

/// A number of bytes that several may take together.
#[derive(Clone, Debug)]
pub struct Memory(Arc<AtomicUsize>);

/// Bytes of a [`Memory`] that are taken until this is dropped.
#[derive(Debug)]
pub struct Held {
    free: Arc<AtomicUsize>,
    bytes: usize,
}

/// So many bytes are not free.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoMemory;

impl Memory {
    /// Creates a memory of so many bytes.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(bytes.into()))
    }

    /// Begins to hold some of it, which is none yet.
    #[must_use]
    pub fn hold(&self) -> Held {
        Held { free: Arc::clone(&self.0), bytes: 0 }
    }

    /// Returns how many bytes are free.
    #[must_use]
    pub fn free(&self) -> usize {
        self.0.load(Relaxed)
    }
}

impl Default for Memory {
    /// 64 MiB.
    fn default() -> Self {
        Self::new(64 << 20)
    }
}

impl Held {
    /// Takes more.
    ///
    /// # Errors
    ///
    /// If they are not free. Then none of them is taken.
    pub fn take(&mut self, more: usize) -> Result<(), NoMemory> {
        let less = |free: usize| free.checked_sub(more);
        self.free.fetch_update(Relaxed, Relaxed, less).map_err(|_| NoMemory)?;
        self.bytes += more;
        Ok(())
    }

    /// Takes what is missing to so many in all.
    ///
    /// # Errors
    ///
    /// As of [`take`](Self::take).
    pub fn grow(&mut self, all: usize) -> Result<(), NoMemory> {
        self.take(all.saturating_sub(self.bytes))
    }

    /// Gives back what is beyond so many in all.
    pub fn shrink(&mut self, all: usize) {
        let less = self.bytes.saturating_sub(all);
        self.bytes -= less;
        self.free.fetch_add(less, Relaxed);
    }

    /// Returns how many bytes are taken.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shrink(0);
    }
}

impl fmt::Display for NoMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("others take all memory that they may together")
    }
}

impl std::error::Error for NoMemory {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_free_again_once_it_is_dropped() {
        let memory = Memory::new(10);
        let (mut one, mut other) = (memory.hold(), memory.hold());
        assert_eq!((one.take(4), other.take(7)), (Ok(()), Err(NoMemory)));
        assert_eq!((one.grow(10), one.grow(3), one.grow(11)), (Ok(()), Ok(()), Err(NoMemory)));
        assert_eq!((one.take(usize::MAX), other.take(1)), (Err(NoMemory), Err(NoMemory)));
        one.shrink(9);
        one.shrink(20);
        assert_eq!((one.bytes(), memory.free(), other.take(1)), (9, 1, Ok(())));
        drop((one, other));
        assert_eq!(memory.free(), 10);
    }
}
