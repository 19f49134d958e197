//! How much memory bodies and replies may take together, so that many peers at once cannot take more.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;

/// A number of bytes that all requests share.
#[derive(Debug)]
pub(crate) struct Memory(Arc<AtomicUsize>);

/// Bytes that are taken until this is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    free: Arc<AtomicUsize>,
    bytes: usize,
}

impl Memory {
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(bytes.into()))
    }

    /// Takes bytes, if so many are free.
    pub(crate) fn hold(&self, bytes: usize) -> Option<Held> {
        let mut held = Held { free: Arc::clone(&self.0), bytes: 0 };
        held.grow(bytes).then_some(held)
    }
}

impl Held {
    /// Takes more, up to so many in all. Returns whether they were free.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let less = |free: usize| free.checked_sub(more);
        let is_free = self.free.fetch_update(SeqCst, SeqCst, less).is_ok();
        self.bytes += if is_free { more } else { 0 };
        is_free
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.free.fetch_add(self.bytes, SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_free_again_once_it_is_dropped() {
        let memory = Memory::new(10);
        let mut held = memory.hold(4).unwrap();
        assert!(memory.hold(7).is_none() && held.grow(10) && held.grow(3) && !held.grow(11));
        assert!(memory.hold(1).is_none());
        drop(held);
        assert!(memory.hold(10).is_some());
    }
}
