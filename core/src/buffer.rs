//! A bounded buffer for received lines or for replies to send.

use heapless::Vec;

/// A buffer of `N` bytes, some of which are unread.
///
/// As an input buffer it takes what a stream reads and keeps an incomplete line. As an output
/// buffer it keeps what a stream has not written yet.
#[derive(Debug)]
pub struct Buffer<const N: usize> {
    /// Empty before the first use, then always `N` bytes, so that a stream can read into them.
    bytes: Vec<u8, N>,
    start: usize,
    end: usize,
}

impl<const N: usize> Buffer<N> {
    /// Creates an empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), start: 0, end: 0 }
    }

    /// Moves the unread bytes to the front, and returns the free space behind them.
    pub fn space(&mut self) -> &mut [u8] {
        if self.bytes.is_empty() {
            self.bytes.resize_default(N).unwrap_or_default();
        }
        // The range is always valid; the check lets the compiler see that the copy cannot panic.
        if self.start > 0 && self.bytes.get(self.start..self.end).is_some() {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// Marks the first `count` bytes of the [`space`](Self::space) as filled.
    pub fn fill(&mut self, count: usize) {
        self.end = self.end.saturating_add(count).min(N);
    }

    /// Moves the unread bytes to the front; returns the whole buffer and the number of unread
    /// bytes.
    pub fn whole(&mut self) -> (&mut [u8], usize) {
        self.space();
        (self.bytes.as_mut_slice(), self.end)
    }

    /// Removes the first `count` of the [`unread`](Self::unread) bytes.
    pub fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
    }

    /// Returns the unread bytes.
    #[must_use]
    pub fn unread(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }
}

impl<const N: usize> Default for Buffer<N> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_wait_in_order_and_the_room_behind_them_is_reused() {
        let mut buffer = Buffer::<4>::new();
        buffer.space()[..3].copy_from_slice(b"abc");
        buffer.fill(3);
        buffer.consume(2);
        assert_eq!(buffer.unread(), b"c");
        buffer.space().copy_from_slice(b"def");
        buffer.fill(9);
        assert_eq!(buffer.unread(), b"cdef");
        assert!(buffer.space().is_empty());
        buffer.consume(9);
        assert_eq!(buffer.space().len(), 4);
    }
}
