//! The memory that a frame takes.

use metric_web::{Held, Memory};

use super::refusal::Refusal;

/// The bytes that each frame may take without being counted: a frame of carbon-relay, which has 500
/// samples, fits. It is what a connection of the native protocol may take, too.
const FREE: usize = 128 * 1024;

/// What one frame takes of the memory that all may take together.
#[derive(Debug)]
pub(super) struct Budget(Held);

impl Budget {
    pub(super) fn new(all: &Memory) -> Self {
        Self(all.hold())
    }

    /// Holds so many bytes, unless it holds more.
    pub(super) fn hold(&mut self, bytes: usize) -> Result<(), Refusal> {
        self.0.grow(bytes.saturating_sub(FREE)).map_err(|_| Refusal::NoRoom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_share_what_is_not_free_for_each() {
        let all = Memory::new(9);
        let (mut small, mut large) = (Budget::new(&all), Budget::new(&all));
        assert_eq!((small.hold(FREE), large.hold(FREE + 9)), (Ok(()), Ok(())));
        assert_eq!((small.hold(FREE), small.hold(FREE + 1)), (Ok(()), Err(Refusal::NoRoom)));
        drop(large);
        assert_eq!(small.hold(FREE + 9), Ok(()));
    }
}
