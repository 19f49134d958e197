//! A bounded buffer for lines that come in or replies that go out.

use heapless::Vec;

/// `N` bytes, some of which wait to be read.
///
/// As an input buffer it takes what a stream reads and keeps the line that is not whole yet; as an
/// output buffer it keeps what a stream has not written yet.
#[derive(Debug)]
pub struct Buffer<const N: usize> {
    /// None before the first use, then always all `N`, so that a stream can read into them.
    bytes: Vec<u8, N>,
    start: usize,
    end: usize,
}

impl<const N: usize> Buffer<N> {
    /// An empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), start: 0, end: 0 }
    }

    /// Makes what waits stand at the front, and returns the room behind it, to be filled.
    pub fn space(&mut self) -> &mut [u8] {
        if self.bytes.is_empty() {
            self.bytes.resize_default(N).unwrap_or_default();
        }
        // The range is always there; that it is asked for shows that copying cannot panic.
        if self.start > 0 && self.bytes.get(self.start..self.end).is_some() {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end = self.end.saturating_sub(self.start);
            self.start = 0;
        }
        self.bytes.get_mut(self.end..).unwrap_or_default()
    }

    /// Says how many bytes of the [`space`](Self::space) were filled.
    pub fn fill(&mut self, count: usize) {
        self.end = self.end.saturating_add(count).min(N);
    }

    /// Makes what waits stand at the front; returns the whole buffer, and how many bytes wait.
    pub fn whole(&mut self) -> (&mut [u8], usize) {
        self.space();
        (self.bytes.as_mut_slice(), self.end)
    }

    /// Says how many of the [`unread`](Self::unread) bytes are done with.
    pub fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
    }

    /// The bytes that wait.
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
