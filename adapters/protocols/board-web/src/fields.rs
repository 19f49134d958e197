//! The fields of a request's head, which are skipped.

/// The longest head of a request in bytes, without the request line: browsers send up to 2 KB, and
/// more with cookies.
pub const MAX_FIELDS: usize = 4096;

/// The part of a head that is still to be skipped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields {
    left: usize,
    is_line_empty: bool,
}

/// What skipping has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Skipped {
    /// All bytes, and the head is not complete.
    All,
    /// All of the head. What is behind it does not matter.
    Head,
    TooLong,
}

impl Fields {
    /// Before the end of the request line.
    pub(crate) const NEW: Self = Self { left: MAX_FIELDS, is_line_empty: false };

    /// Skips bytes up to the empty line that ends the head.
    pub(crate) fn skip(&mut self, bytes: &[u8]) -> Skipped {
        for byte in bytes {
            let Some(left) = self.left.checked_sub(1) else { return Skipped::TooLong };
            self.left = left;
            match byte {
                b'\n' if self.is_line_empty => return Skipped::Head,
                b'\n' => self.is_line_empty = true,
                b'\r' => {}
                _ => self.is_line_empty = false,
            }
        }
        Skipped::All
    }
}
