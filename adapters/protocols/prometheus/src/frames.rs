//! Remote read as a stream of messages with chunks of compressed samples.
//!
//! ```text
//! length (varint), CRC-32C (32 bits), ChunkedReadResponse {
//!     1: ChunkedSeries { 1: Label…, 2: Chunk { 1: first time, 2: last time, 3: type, 4: bytes }… }
//!     2: number of the query }
//! ```

use metric_proto::Store;
use metric_query::{Budget, Filled, Next, Produce, TimeUnit};

use crate::checksum::crc32c;
use crate::labels::put_labels;
use crate::proto::{put_bytes, put_head, put_integer, put_varint};
use crate::reading::{Form, Left, Reading};
use crate::request::ReadQuery;
use crate::xor::Chunk;

/// How long a message may be, as of Prometheus. A longer series takes several messages.
const MESSAGE: usize = 1 << 20;

/// The room before a series for what its message begins with.
const HEAD: usize = 24;

/// Compressed chunks of samples.
const XOR: i64 = 1;

/// Fills the reply to a request of remote read with chunks. It holds one message.
#[derive(Debug)]
pub struct Chunks(Reading<Frames>);

impl Chunks {
    /// Creates a reply that was not begun.
    #[must_use]
    pub fn new(queries: Vec<ReadQuery>, unit: TimeUnit, budget: Budget) -> Self {
        Self(Reading::new(queries, Frames::default(), unit, budget))
    }

    /// Returns how much memory the found series take.
    pub(crate) const fn size(&self) -> usize {
        self.0.size()
    }
}

impl Produce for Chunks {
    fn fill<T: Store>(&mut self, store: &mut T, output: &mut [u8]) -> Filled {
        let (mut bytes, mut left) = (0, Left::turn());
        loop {
            bytes += self.0.form.send(&mut output[bytes..]);
            let is_cut = self.0.form.is_full();
            let next = if is_cut { Next::More } else { self.0.run(store, &mut left) };
            if is_cut || next != Next::More || !self.0.form.is_full() {
                return Filled { bytes, next };
            }
        }
    }
}

/// The message that is being written or sent.
#[derive(Debug, Default)]
struct Frames {
    /// Behind room for its head. It is empty if nothing was written.
    bytes: Vec<u8>,
    labels: Vec<u8>,
    chunk: Chunk,
    query: usize,
    /// Where the rest of a complete message begins, which has to be sent.
    rest: Option<usize>,
}

impl Form for Frames {
    fn begin(&mut self, query: usize, key: &str) {
        self.query = query;
        self.labels.clear();
        put_labels(&mut self.labels, 1, key);
    }

    fn sample(&mut self, time: i64, value: f64) {
        self.chunk.push(time, value);
        if self.chunk.is_full() {
            self.put_chunk();
        }
        if self.bytes.len() > MESSAGE {
            self.complete();
        }
    }

    fn end(&mut self) {
        if !self.chunk.is_empty() {
            self.put_chunk();
        }
        // The last sample may have completed the message.
        if self.rest.is_none() && !self.bytes.is_empty() {
            self.complete();
        }
    }

    fn end_query(&mut self) {}

    fn is_full(&self) -> bool {
        self.rest.is_some()
    }
}

impl Frames {
    /// Appends the chunk to the message.
    fn put_chunk(&mut self) {
        let Self { bytes, labels, chunk, .. } = self;
        if bytes.is_empty() {
            bytes.resize(HEAD, 0);
            bytes.extend_from_slice(labels);
        }
        let (first, last) = chunk.span();
        let mut message = Vec::new();
        put_integer(&mut message, 1, first);
        put_integer(&mut message, 2, last);
        put_integer(&mut message, 3, XOR);
        put_bytes(&mut message, 4, chunk.as_bytes());
        put_bytes(bytes, 2, &message);
        chunk.clear();
    }

    /// Ends the message, and writes its head before it.
    fn complete(&mut self) {
        let mut inner = Vec::new();
        put_head(&mut inner, 1, self.bytes.len() - HEAD);
        put_integer(&mut self.bytes, 2, self.query as i64);
        let checksum = crc32c(crc32c(0, &inner), &self.bytes[HEAD..]);
        let mut head = Vec::new();
        put_varint(&mut head, (inner.len() + self.bytes.len() - HEAD) as u64);
        head.extend(checksum.to_be_bytes());
        head.append(&mut inner);
        let begin = HEAD - head.len();
        self.bytes[begin..HEAD].copy_from_slice(&head);
        self.rest = Some(begin);
    }

    /// Moves what fits of a complete message to an output; returns its length.
    fn send(&mut self, output: &mut [u8]) -> usize {
        let Some(begin) = self.rest else { return 0 };
        let rest = &self.bytes[begin..];
        let length = rest.len().min(output.len());
        output[..length].copy_from_slice(&rest[..length]);
        if length == rest.len() {
            self.bytes.clear();
            self.rest = None;
        } else {
            self.rest = Some(begin + length);
        }
        length
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_that_ends_with_its_message_is_completed_once() {
        let mut frames = Frames::default();
        frames.begin(1, "up");
        let mut time = 0;
        while !frames.is_full() {
            time += 1;
            frames.sample(time, 0.1 * time as f64);
        }
        let (bytes, rest) = (frames.bytes.clone(), frames.rest);
        frames.end();
        assert!(frames.bytes == bytes && frames.rest == rest);
        let mut sent = vec![0; bytes.len()];
        assert_eq!(frames.send(&mut sent), bytes.len() - rest.unwrap());
        assert!(!frames.is_full());
    }
}
