//! Splitting a body into lines as it arrives.

/// The longest line of a body in bytes: room for the longest key, each of its bytes escaped.
const LONGEST: usize = 8 * 1024;

/// The lines of a body.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// The front of a line whose end has not arrived.
    front: Vec<u8>,
    /// Whether that line is too long.
    is_too_long: bool,
    /// The number of lines that have ended.
    ended: u64,
}

/// A line, or that it is too long.
pub(crate) type Line<'a> = Result<&'a [u8], TooLong>;

/// A line is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooLong;

impl Lines {
    /// Passes the lines that end in a piece to `take`, each with its number, which begins with 1.
    pub(crate) fn read(&mut self, mut piece: &[u8], mut take: impl FnMut(u64, Line<'_>)) {
        while let Some(end) = piece.iter().position(|&byte| byte == b'\n') {
            self.keep(&piece[..end]);
            self.end(&mut take);
            piece = &piece[end + 1..];
        }
        self.keep(piece);
    }

    /// Passes the last line to `take`, if it has no line feed.
    pub(crate) fn finish(&mut self, mut take: impl FnMut(u64, Line<'_>)) {
        if !self.front.is_empty() || self.is_too_long {
            self.end(&mut take);
        }
    }

    fn keep(&mut self, piece: &[u8]) {
        self.is_too_long |= self.front.len() + piece.len() > LONGEST;
        if !self.is_too_long {
            self.front.extend_from_slice(piece);
        }
    }

    fn end(&mut self, take: &mut impl FnMut(u64, Line<'_>)) {
        self.ended += 1;
        let line = self.front.strip_suffix(b"\r").unwrap_or(&self.front);
        take(self.ended, if self.is_too_long { Err(TooLong) } else { Ok(line) });
        self.front.clear();
        self.is_too_long = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_the_same_however_a_body_is_cut() {
        let long = "x".repeat(LONGEST + 1);
        let fits = "y".repeat(LONGEST);
        let body = format!("a\r\n\n{long}\n{fits}\nb");
        let expected = [
            (1, Some("a".to_owned())),
            (2, Some(String::new())),
            (3, None),
            (4, Some(fits)),
            (5, Some("b".to_owned())),
        ];
        for size in [1, 2, 3, 7, 100, LONGEST, body.len()] {
            let (mut lines, mut found) = (Lines::default(), Vec::new());
            let mut take = |number, line: Line<'_>| {
                found.push((
                    number,
                    line.ok().map(|line| String::from_utf8_lossy(line).into_owned()),
                ));
            };
            body.as_bytes().chunks(size).for_each(|piece| lines.read(piece, &mut take));
            lines.finish(&mut take);
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }
}
