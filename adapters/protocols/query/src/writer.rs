//! Writes items into an output, each of which may be cut anywhere.

use metric_proto::{Digits, Sample};

use crate::style::Style;

/// An output, and the item that is being written to it.
///
/// An item that does not fit is cut. It is written again from its beginning to the next output,
/// which leaves out what the outputs before have. So an output of any size makes progress, and is
/// used to its last byte.
pub(crate) struct Writer<'a> {
    output: &'a mut [u8],
    written: usize,
    /// The bytes of the item that are still to be left out.
    skip: usize,
    /// The bytes of the item that earlier outputs or this one have.
    sent: usize,
    cut: bool,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(output: &'a mut [u8]) -> Self {
        Self { output, written: 0, skip: 0, sent: 0, cut: false }
    }

    /// Begins an item, of which earlier outputs have `sent` bytes.
    pub(crate) fn begin(&mut self, sent: usize) {
        (self.skip, self.sent, self.cut) = (sent, sent, false);
    }

    /// Returns how many bytes of the item were sent if it was cut.
    pub(crate) fn cut(&self) -> Option<usize> {
        self.cut.then_some(self.sent)
    }

    pub(crate) fn written(&self) -> usize {
        self.written
    }

    pub(crate) fn put(&mut self, piece: &[u8]) {
        let skipped = self.skip.min(piece.len());
        self.skip -= skipped;
        let piece = piece.get(skipped..).unwrap_or_default();
        let room = self.output.get_mut(self.written..).unwrap_or_default();
        let length = piece.len().min(room.len());
        if let (Some(place), Some(piece)) = (room.get_mut(..length), piece.get(..length)) {
            place.copy_from_slice(piece);
        }
        // No output is that long; the compiler sees that nothing overflows.
        self.written = self.written.saturating_add(length);
        self.sent = self.sent.saturating_add(length);
        self.cut |= length < piece.len();
    }

    pub(crate) fn integer(&mut self, number: i64) {
        self.put(Digits::new().timestamp(number).as_bytes());
    }

    /// Writes a number that may be too large for a timestamp.
    pub(crate) fn natural(&mut self, number: u64) {
        if number > 9 {
            self.natural(number / 10);
        }
        self.put(&[b'0' + (number % 10) as u8]);
    }

    pub(crate) fn truth(&mut self, truth: bool) {
        self.put(if truth { b"true" } else { b"false" });
    }

    pub(crate) fn value(&mut self, value: f64) {
        // Every value here is that of a sample, or lies between two.
        if let Ok(sample) = Sample::new(value, 0) {
            self.put(Digits::new().value(sample).as_bytes());
        }
    }

    /// Writes a sample of JSON.
    pub(crate) fn sample(&mut self, sample: Sample, style: Style) {
        let mut digits = Digits::new();
        let quote: &[u8] = style.quote();
        self.put(b"[");
        self.put(quote);
        self.put(digits.timestamp(sample.timestamp()).as_bytes());
        self.put(quote);
        self.put(b", ");
        self.put(digits.value(sample).as_bytes());
        self.put(b"]");
    }

    /// Writes the value and the timestamp of a sample, with a separator before each.
    pub(crate) fn value_and_time(&mut self, sample: Sample, separator: &[u8]) {
        let mut digits = Digits::new();
        self.put(separator);
        self.put(digits.value(sample).as_bytes());
        self.put(separator);
        self.put(digits.timestamp(sample.timestamp()).as_bytes());
    }

    /// Writes text as a string of JSON. Keys have no control characters.
    pub(crate) fn json(&mut self, text: &[u8]) {
        self.quoted(text, |byte| matches!(byte, b'"' | b'\\'), b'\\');
    }

    /// Writes a field of CSV, in quotes where RFC 4180 wants them.
    pub(crate) fn csv(&mut self, text: &[u8]) {
        if text.iter().any(|byte| matches!(byte, b'"' | b',')) {
            self.quoted(text, |byte| byte == b'"', b'"');
        } else {
            self.put(text);
        }
    }

    /// Writes text in quotes, with an escape before each byte that `needs` one.
    fn quoted(&mut self, text: &[u8], needs: impl Fn(u8) -> bool, escape: u8) {
        self.put(b"\"");
        let mut rest = text;
        while let Some(at) = rest.iter().position(|byte| needs(*byte))
            && let Some((plain, special)) = rest.split_at_checked(at)
            && let Some((byte, after)) = special.split_first()
        {
            self.put(plain);
            self.put(&[escape, *byte]);
            rest = after;
        }
        self.put(rest);
        self.put(b"\"");
    }
}
