//! Appending to a caller's slice, all or nothing.

use core::fmt;

/// A caller's slice, and how much of it is written.
pub(crate) struct Output<'a> {
    bytes: &'a mut [u8],
    written: usize,
}

impl<'a> Output<'a> {
    pub(crate) fn new(bytes: &'a mut [u8]) -> Self {
        Self { bytes, written: 0 }
    }

    /// Creates an output whose first `written` bytes are written already.
    pub(crate) fn filled(bytes: &'a mut [u8], written: usize) -> Self {
        Self { bytes, written }
    }

    /// Appends all pieces, or nothing if they would not leave `spare` bytes free.
    pub(crate) fn append<const N: usize>(
        &mut self,
        pieces: [&[u8]; N],
        spare: usize,
    ) -> Result<(), OutputFull> {
        let length = sum(&pieces);
        if length.saturating_add(spare) > self.room() {
            return Err(OutputFull);
        }
        let room = self.bytes.get_mut(self.written..).ok_or(OutputFull)?;
        put_all(room, &pieces).ok_or(OutputFull)?;
        self.written = self.written.wrapping_add(length);
        Ok(())
    }

    /// Appends all pieces, and up to `N` bytes that `write` writes and counts, or nothing if they might not leave
    /// `spare` bytes free.
    #[inline(always)]
    pub(crate) fn append_in_place<const N: usize, const PIECES: usize>(
        &mut self,
        pieces: [&[u8]; PIECES],
        write: impl FnOnce(&mut [u8; N]) -> usize,
        spare: usize,
    ) -> Result<(), OutputFull> {
        let length = sum(&pieces);
        let room = self.bytes.get_mut(self.written..).ok_or(OutputFull)?;
        let (front, room) = room.split_at_mut_checked(length).ok_or(OutputFull)?;
        if room.len() < N.saturating_add(spare) {
            return Err(OutputFull);
        }
        let place = room.first_chunk_mut().ok_or(OutputFull)?;
        put_all(front, &pieces).ok_or(OutputFull)?;
        let count = write(place);
        self.written = self.written.wrapping_add(length).wrapping_add(count);
        Ok(())
    }

    /// Discards all but the first `written` bytes.
    pub(crate) fn rewind(&mut self, written: usize) {
        self.written = self.written.min(written);
    }

    pub(crate) fn written(&self) -> usize {
        self.written
    }

    pub(crate) fn room(&self) -> usize {
        self.bytes.len().saturating_sub(self.written)
    }
}

/// Returns the length of all pieces. They are in memory, so the sum cannot wrap.
fn sum(pieces: &[&[u8]]) -> usize {
    pieces.iter().fold(0, |sum, piece| sum.wrapping_add(piece.len()))
}

/// Copies pieces to the front; returns the room behind them.
fn put_all<'a>(room: &'a mut [u8], pieces: &[&[u8]]) -> Option<&'a mut [u8]> {
    pieces.iter().try_fold(room, |room, piece| put_front(room, piece))
}

/// Copies a piece to the front; returns the room behind it.
fn put_front<'a>(room: &'a mut [u8], piece: &[u8]) -> Option<&'a mut [u8]> {
    let (place, rest) = room.split_at_mut_checked(piece.len())?;
    place.copy_from_slice(piece);
    Some(rest)
}

/// The caller's slice is too small for the line. Nothing was written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct OutputFull;

impl fmt::Display for OutputFull {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the output has no room for a whole line")
    }
}

impl core::error::Error for OutputFull {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_appended_together_or_not_at_all() {
        let mut bytes = [b'.'; 6];
        let mut output = Output::new(&mut bytes);
        assert_eq!(output.append([b"ab", b"c"], 0), Ok(()));
        assert_eq!(output.append([b"de", b"fg"], 0), Err(OutputFull));
        assert_eq!(output.append([b"d", b"ef"], 1), Err(OutputFull));
        assert_eq!(output.append([b"d", b"e"], 1), Ok(()));
        assert_eq!((output.written(), output.room()), (5, 1));
        output.rewind(1);
        assert_eq!(output.append([b"x"], 0), Ok(()));
        assert_eq!(&bytes, b"axcde.");
    }
}
