//! The memory that the values of all queries may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::out::failure::Failure;

/// The memory that the values of all queries may take together.
#[derive(Clone, Debug)]
pub(crate) struct Memory(Arc<AtomicUsize>);

impl Memory {
    /// Creates a memory of so many bytes.
    #[must_use]
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(AtomicUsize::new(bytes)))
    }

    /// Returns what is left.
    #[cfg(test)]
    pub(crate) fn left(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Memory {
    /// 64 MiB: eight million values.
    fn default() -> Self {
        Self::new(64 << 20)
    }
}

/// What a query has of the memory, until it is dropped.
#[derive(Debug)]
pub(crate) struct Lease {
    memory: Memory,
    taken: usize,
}

impl Lease {
    pub(crate) const fn new(memory: Memory) -> Self {
        Self { memory, taken: 0 }
    }

    /// Takes the memory of so many values, before they are there.
    pub(crate) fn take(&mut self, values: usize) -> Result<(), Failure> {
        let bytes = values.saturating_mul(size_of::<f64>());
        let left = |left: usize| left.checked_sub(bytes);
        let taken = self.memory.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left);
        taken.map_err(|_| Failure::TooLarge)?;
        self.taken += bytes;
        Ok(())
    }

    /// Returns how much is taken.
    pub(crate) const fn mark(&self) -> usize {
        self.taken
    }

    /// Gives back what was taken since.
    pub(crate) fn give_back(&mut self, mark: usize) {
        self.memory.0.fetch_add(self.taken.saturating_sub(mark), Ordering::Relaxed);
        self.taken = self.taken.min(mark);
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.memory.0.fetch_add(self.taken, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries_share_the_memory_and_give_it_back() {
        let memory = Memory::new(160);
        let (mut one, mut other) = (Lease::new(memory.clone()), Lease::new(memory.clone()));
        assert_eq!(one.take(15), Ok(()));
        assert_eq!(other.take(6), Err(Failure::TooLarge));
        assert_eq!(other.take(usize::MAX), Err(Failure::TooLarge));
        let mark = other.mark();
        assert_eq!(other.take(5), Ok(()));
        other.give_back(mark);
        assert_eq!(other.take(5), Ok(()));
        drop(one);
        assert_eq!(memory.left(), 120);
        drop(other);
        assert_eq!(memory.left(), 160);
    }
}
