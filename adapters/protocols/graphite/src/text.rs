//! Text in a buffer of fixed size.

use std::fmt;

/// A writer to a buffer; what does not fit is left out.
#[derive(Debug)]
pub(crate) struct Text<'a> {
    buffer: &'a mut [u8],
    length: usize,
}

impl<'a> Text<'a> {
    /// Writes behind the first `length` bytes.
    pub(crate) fn behind(buffer: &'a mut [u8], length: usize) -> Self {
        Self { buffer, length }
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// Returns the text, which is empty if it was cut within a character.
    pub(crate) fn as_str(&self) -> &str {
        str::from_utf8(self.buffer.get(..self.length).unwrap_or_default()).unwrap_or_default()
    }
}

impl fmt::Write for Text<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.buffer.get_mut(self.length..).unwrap_or_default();
        let count = text.len().min(room.len());
        for (place, byte) in room.iter_mut().zip(text.bytes()) {
            *place = byte;
        }
        self.length += count;
        Ok(())
    }
}
