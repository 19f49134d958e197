//! Compares the writes of a server with the expected replies.

use metric_conformance::reply::assert_same;

/// The bytes written, and the end of each write.
#[derive(Default)]
pub(super) struct Writes {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Writes {
    /// Creates a record of the bytes written and the end of each write.
    pub(super) fn new(bytes: &[u8], ends: &[usize]) -> Self {
        Self { bytes: bytes.into(), ends: ends.into() }
    }

    pub(super) fn push(&mut self, write: &[u8]) {
        self.bytes.extend_from_slice(write);
        self.ends.push(self.bytes.len());
    }

    /// Fails unless the writes are the replies, one after another, or if a reply is split that fits
    /// an output of `room` bytes.
    pub(super) fn check(&self, replies: &[Vec<u8>], room: usize) {
        assert_same("the replies", &replies.concat(), &self.bytes);
        let (mut ends, mut start) = (self.ends.iter().peekable(), 0);
        for reply in replies {
            let end = start + reply.len();
            while ends.next_if(|&&cut| cut <= start).is_some() {}
            let is_split = ends.peek().is_some_and(|&&cut| cut < end);
            assert!(!is_split || reply.len() > room, "a reply of {} bytes is split", reply.len());
            start = end;
        }
    }
}
