//! The memory that the frames of all connections take together.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use super::refusal::Refusal;

/// The bytes that each frame may take without being counted: a frame of carbon-relay, which has 500
/// samples, fits. It is what a connection of the native protocol may take, too.
const FREE: usize = 128 * 1024;

/// The bytes that all frames may take together beyond that.
const ALL: usize = 64 << 20;

/// What one frame takes of the memory that all may take together.
#[derive(Debug)]
pub(super) struct Budget {
    all: Arc<AtomicUsize>,
    held: usize,
}

impl Budget {
    pub(super) fn new(all: &Arc<AtomicUsize>) -> Self {
        Self { all: Arc::clone(all), held: 0 }
    }

    /// Holds so many bytes, unless it holds more.
    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), Refusal> {
        let more = bytes.saturating_sub(FREE).saturating_sub(self.held);
        if more == 0 {
            return Ok(());
        }
        self.held += more;
        let before = self.all.fetch_add(more, Relaxed);
        if before + more > ALL { Err(Refusal::NoRoom) } else { Ok(()) }
    }
}

impl Drop for Budget {
    fn drop(&mut self) {
        self.all.fetch_sub(self.held, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_share_the_memory_and_give_it_back() {
        let all = Arc::default();
        let mut small = Budget::new(&all);
        assert_eq!(small.hold(FREE), Ok(()));
        let mut large = Budget::new(&all);
        assert_eq!(large.hold(FREE + ALL), Ok(()));
        assert_eq!((small.hold(FREE), small.hold(FREE + 1)), (Ok(()), Err(Refusal::NoRoom)));
        drop((small, large));
        assert_eq!(all.load(Relaxed), 0);
        assert_eq!(Budget::new(&all).hold(FREE + ALL), Ok(()));
    }
}
