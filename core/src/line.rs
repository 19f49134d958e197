//! Framing: finds where a line ends, without parsing it.
//!
//! Framing decides whether a line is complete; the grammar decides whether it is a wrong command.

use nom::FindSubstring;

use crate::limits::Limits;

/// What is at the front of the input.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame<'a> {
    /// No line feed yet; more input may complete the line.
    Incomplete,
    /// No line feed, and already more bytes than a line and its line end may have.
    TooLong,
    /// A line without its line end, and its length with it. It may be over the bound.
    Line { text: &'a [u8], taken: usize },
}

/// Finds the line at the front of the input.
pub(crate) fn frame(input: &[u8], limits: Limits) -> Frame<'_> {
    match split_line(input) {
        Some((text, taken)) => Frame::Line { text, taken },
        None if input.len() >= limits.min_input() => Frame::TooLong,
        None => Frame::Incomplete,
    }
}

/// Returns the text of the first line, and its length with the line end. A carriage return right
/// before the line feed belongs to the line end.
fn split_line(input: &[u8]) -> Option<(&[u8], usize)> {
    let end = input.find_substring("\n".as_bytes())?;
    let text = input.get(..end)?;
    Some((text.strip_suffix(b"\r").unwrap_or(text), end.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits::new(64, 8);

    fn line(text: &[u8], taken: usize) -> Frame<'_> {
        Frame::Line { text, taken }
    }

    #[test]
    fn a_line_ends_at_a_line_feed_less_one_carriage_return() {
        let cases = [
            (&b"ab\ncd"[..], line(b"ab", 3)),
            (b"ab\r\n", line(b"ab", 4)),
            (b"ab\r\r\n", line(b"ab\r", 5)),
            (b"a\rb\n", line(b"a\rb", 4)),
            (b"\n", line(b"", 1)),
            (b"\r\n", line(b"", 2)),
            (b"", Frame::Incomplete),
            (b"ab\r", Frame::Incomplete),
        ];
        for (input, expected) in cases {
            assert_eq!(frame(input, LIMITS), expected, "{input:?}");
        }
    }

    #[test]
    fn only_bytes_that_no_line_end_could_save_are_too_long() {
        let bytes = [b'x'; 66];
        assert_eq!(frame(&bytes[..65], LIMITS), Frame::Incomplete);
        assert_eq!(frame(&bytes, LIMITS), Frame::TooLong);
    }
}
