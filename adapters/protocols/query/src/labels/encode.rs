//! The key of some labels.

use core::fmt;

use metric_proto::Key;

use super::escape::{STAR, is_simple, is_special};

/// Writes the key of a name and tags, which are in ascending order of the bytes of their names. The
/// key takes no more bytes than the buffer has.
///
/// ```
/// let mut buffer = [0; 64];
/// let tags = [("path", "/a;b"), ("status", "200")];
/// let key = metric_query::encode_labels("http.requests", tags, &mut buffer)?;
/// assert_eq!(key.as_str(), "http.requests;path=/a%3Bb;status=200");
/// # Ok::<(), metric_query::InvalidLabels>(())
/// ```
///
/// # Errors
///
/// [`InvalidLabels`] if a text is empty, the tags are not sorted, or the key is too long.
pub fn encode_labels<'b, 'a>(
    name: &str,
    tags: impl IntoIterator<Item = (&'a str, &'a str)>,
    buffer: &'b mut [u8],
) -> Result<Key<'b>, InvalidLabels> {
    let mut out = Encoder { buffer, written: 0 };
    match name {
        "*" => out.put(STAR.as_bytes())?,
        name => out.text(name)?,
    }
    let mut last = None;
    for (tag, value) in tags {
        if last.replace(tag) >= Some(tag) {
            return Err(if tag.is_empty() {
                InvalidLabels::Empty
            } else {
                InvalidLabels::Unsorted
            });
        }
        out.put(b";")?;
        out.text(tag)?;
        out.put(b"=")?;
        out.text(value)?;
    }
    let Encoder { buffer, written } = out;
    // It has none of the characters that a key must not have, so only its length can be wrong.
    Key::from_bytes(buffer.get(..written).unwrap_or_default()).map_err(|_| InvalidLabels::TooLong)
}

/// Sorts the tags and writes the key, as [`encode_labels`] does.
///
/// # Errors
///
/// [`InvalidLabels`] if a text is empty, a tag is there twice, or the key is too long.
pub fn encode_unsorted_labels<'b>(
    name: &str,
    tags: &mut [(&str, &str)],
    buffer: &'b mut [u8],
) -> Result<Key<'b>, InvalidLabels> {
    tags.sort_unstable();
    encode_labels(name, tags.iter().copied(), buffer)
}

struct Encoder<'b> {
    buffer: &'b mut [u8],
    written: usize,
}

impl Encoder<'_> {
    fn text(&mut self, text: &str) -> Result<(), InvalidLabels> {
        if text.is_empty() {
            return Err(InvalidLabels::Empty);
        }
        if is_simple(text) {
            return self.put(text.as_bytes());
        }
        let mut rest = text;
        while let Some(at) = rest.find(is_special)
            && let Some((plain, special)) = rest.split_at_checked(at)
        {
            self.put(plain.as_bytes())?;
            let mut chars = special.chars();
            let length = chars.next().map_or(0, char::len_utf8);
            special.bytes().take(length).try_for_each(|byte| self.escape(byte))?;
            rest = chars.as_str();
        }
        self.put(rest.as_bytes())
    }

    fn escape(&mut self, byte: u8) -> Result<(), InvalidLabels> {
        let digit = |number: u8| number + if number < 10 { b'0' } else { b'A' - 10 };
        self.put(&[b'%', digit(byte >> 4), digit(byte & 15)])
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), InvalidLabels> {
        let end = self.written + bytes.len();
        let place = self.buffer.get_mut(self.written..end).ok_or(InvalidLabels::TooLong)?;
        place.copy_from_slice(bytes);
        self.written = end;
        Ok(())
    }
}

/// Labels that are no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvalidLabels {
    /// The name, a tag or a value is empty.
    Empty,
    /// The tags are not sorted, or one is there twice.
    Unsorted,
    /// The key is longer than its buffer, or than any key.
    TooLong,
}

impl fmt::Display for InvalidLabels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "a name, a label or the value of a label is empty",
            Self::Unsorted => "the labels are not sorted, or one is there twice",
            Self::TooLong => "the name and its labels are too long for a key",
        })
    }
}

impl core::error::Error for InvalidLabels {}
