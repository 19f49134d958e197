//! Remote read as one message with all samples.
//!
//! ```text
//! ReadResponse { 1: QueryResult { 1: TimeSeries { 1: Label…, 2: Sample { 1: value, 2: time }… }… }… }
//! ```

use crate::labels::put_labels;
use crate::proto::{put_double, put_head, put_integer, varint_length};
use crate::reading::Form;
use crate::snappy::Block;

/// How much is compressed at once.
const PIECE: usize = 64 * 1024;

/// The message. It is compressed as it grows, though the length of each part stands before it.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    response: Block,
    query: Block,
    /// The end of the query, before it is compressed.
    open: Vec<u8>,
    /// The beginning of a series that is longer than [`PIECE`].
    long: Block,
    /// The end of the series.
    series: Vec<u8>,
}

impl Samples {
    /// Returns how much memory it takes.
    pub(crate) fn size(&self) -> usize {
        let buffers = self.open.capacity() + self.series.capacity();
        self.response.size() + self.query.size() + self.long.size() + buffers
    }

    /// Returns the block of snappy that it is, in pieces.
    pub(crate) fn into_pieces(self) -> impl Iterator<Item = Vec<u8>> + Send {
        self.response.into_pieces()
    }

    fn compress_open(&mut self) {
        self.query.push(&self.open);
        self.open.clear();
    }
}

impl Form for Samples {
    fn begin(&mut self, _: usize, key: &str) {
        put_labels(&mut self.series, 1, key);
    }

    fn sample(&mut self, time: i64, value: f64) {
        let of_value = if value.to_bits() == 0 { 0 } else { 9 };
        let of_time = if time == 0 { 0 } else { 1 + varint_length(time as u64) };
        put_head(&mut self.series, 2, of_value + of_time);
        put_double(&mut self.series, 1, value);
        put_integer(&mut self.series, 2, time);
        if self.series.len() >= PIECE {
            self.long.push(&self.series);
            self.series.clear();
        }
    }

    fn end(&mut self) {
        put_head(&mut self.open, 1, self.long.length() + self.series.len());
        if self.long.length() > 0 {
            self.compress_open();
            self.query.append(std::mem::take(&mut self.long));
        }
        self.open.append(&mut self.series);
        if self.open.len() >= PIECE {
            self.compress_open();
        }
    }

    fn end_query(&mut self) {
        self.compress_open();
        let mut head = Vec::new();
        put_head(&mut head, 1, self.query.length());
        self.response.push(&head);
        self.response.append(std::mem::take(&mut self.query));
    }

    fn is_full(&self) -> bool {
        false
    }
}
