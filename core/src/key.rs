//! The name of a series: what a key may be, and the rule that reads one.

use core::fmt;

use nom::bytes::complete::take_till1;
use nom::combinator::verify;
use nom::{IResult, Parser};

use crate::limits::LONGEST_KEY;

/// The name of a series: 1 to [`LONGEST_KEY`] bytes of UTF-8 without white space or control
/// characters, and not `*` alone.
///
/// White space is what Unicode calls so: a client that splits a reply at white space could not read
/// a key that has any. Keys compare byte for byte.
///
/// The compiler checks a key that is a constant:
///
/// ```
/// use metric_proto::Key;
///
/// const CPU: Key<'_> = match Key::new("palm.cpu") {
///     Ok(key) => key,
///     Err(_) => panic!("not a key"),
/// };
/// assert_eq!(CPU.as_str(), "palm.cpu");
/// ```
///
/// ```compile_fail,E0080
/// # use metric_proto::Key;
/// const CPU: Key<'_> = match Key::new("palm cpu") {
///     Ok(key) => key,
///     Err(_) => panic!("not a key"),
/// };
/// # println!("{CPU}");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key<'a>(&'a [u8]);

impl<'a> Key<'a> {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if the name is not a key of the protocol.
    pub const fn new(name: &'a str) -> Result<Self, InvalidKey> {
        Self::from_bytes(name.as_bytes())
    }

    /// Checks a name that is given as bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if the name is not a key of the protocol.
    pub const fn from_bytes(name: &'a [u8]) -> Result<Self, InvalidKey> {
        let (_, rest) = split_graphic(name);
        if has_key_length(name) && (rest.is_empty() || is_printable(name)) {
            Ok(Self(name))
        } else {
            Err(InvalidKey)
        }
    }

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        // It was checked to be UTF-8, and is checked again without `unsafe`. That is cheap: servers
        // use the bytes.
        core::str::from_utf8(self.0).unwrap_or_default()
    }

    /// The bytes of the name.
    #[must_use]
    pub const fn as_bytes(self) -> &'a [u8] {
        self.0
    }
}

impl fmt::Debug for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.as_str()).finish()
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Key<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{=str}", self.as_str());
    }
}

/// A name that cannot be a [`Key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct InvalidKey;

impl fmt::Display for InvalidKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a key takes 1 to {LONGEST_KEY} bytes of UTF-8 without white space or control \
             characters, and is not `*`"
        )
    }
}

impl core::error::Error for InvalidKey {}

/// `key`: all up to the next space.
pub(crate) fn key(input: &[u8]) -> IResult<&[u8], Key<'_>, ()> {
    let (rest, name) = match split_graphic(input) {
        (name, rest @ ([] | [b' ', ..])) => (rest, name),
        _ => verify(take_till1(|byte| byte == b' '), is_printable).parse(input)?,
    };
    has_key_length(name).then_some((rest, Key(name))).ok_or(nom::Err::Error(()))
}

/// Whether a name is neither empty nor too long, nor `*`, which selects all series.
const fn has_key_length(name: &[u8]) -> bool {
    !matches!(name, [] | [b'*']) && name.len() <= LONGEST_KEY
}

/// Whether a name is text without white space and control characters.
const fn is_printable(name: &[u8]) -> bool {
    let mut rest = name;
    while let [_, after @ ..] = rest {
        if starts_unprintable(rest) {
            return false;
        }
        rest = after;
    }
    core::str::from_utf8(name).is_ok()
}

/// Whether text starts with white space or a control character.
const fn starts_unprintable(text: &[u8]) -> bool {
    matches!(
        text,
        [..=b' ' | 0x7f, ..]
            | [0xc2, 0x80..=0xa0, ..] // U+0080 to U+00A0
            | [0xe1, 0x9a, 0x80, ..] // U+1680
            | [0xe2, 0x80, 0x80..=0x8a | 0xa8 | 0xa9 | 0xaf, ..] // U+2000 to U+200A, 2028, 2029, 202F
            | [0xe2, 0x81, 0x9f, ..] // U+205F
            | [0xe3, 0x80, 0x80, ..] // U+3000
    )
}

/// Splits off what is ASCII without white space and control characters, eight bytes at a time.
const fn split_graphic(text: &[u8]) -> (&[u8], &[u8]) {
    let mut rest = text;
    while let Some((eight, after)) = rest.split_first_chunk()
        && are_graphic(eight)
    {
        rest = after;
    }
    while let [byte, after @ ..] = rest
        && byte.is_ascii_graphic()
    {
        rest = after;
    }
    match text.split_at_checked(text.len().saturating_sub(rest.len())) {
        Some((graphic, _)) => (graphic, rest),
        None => (&[], rest),
    }
}

/// Looks at all eight, so that a processor can do so at once.
const fn are_graphic(&[a, b, c, d, e, f, g, h]: &[u8; 8]) -> bool {
    a.is_ascii_graphic()
        & b.is_ascii_graphic()
        & c.is_ascii_graphic()
        & d.is_ascii_graphic()
        & e.is_ascii_graphic()
        & f.is_ascii_graphic()
        & g.is_ascii_graphic()
        & h.is_ascii_graphic()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_what_every_client_can_split_off() {
        let longest = [b'k'; LONGEST_KEY];
        let longest = core::str::from_utf8(&longest).unwrap();
        for name in ["a", "palm.cpu", "*x", "x*", "**", "ключ", "a/b:c=1", "\u{200b}", longest]
        {
            assert_eq!(Key::new(name).map(Key::as_str), Ok(name));
        }
    }

    #[test]
    fn what_would_break_a_reply_is_no_key() {
        let long = [b'k'; LONGEST_KEY + 1];
        let long = core::str::from_utf8(&long).unwrap();
        let spaces = ["a b", "a\tb", "a\u{a0}b", "\u{2028}", "\u{3000}", "\u{85}", "a\n", "a\r"];
        for name in ["", "*", "\0", "\u{7f}", "\u{9f}", long].into_iter().chain(spaces) {
            assert_eq!(Key::new(name), Err(InvalidKey), "{name:?}");
        }
    }

    #[test]
    fn the_characters_of_a_key_are_those_that_unicode_calls_neither_white_space_nor_control() {
        let mut text = [0; 4];
        for character in '\0'..=char::MAX {
            let is_good = !character.is_whitespace() && !character.is_control();
            let name = &*character.encode_utf8(&mut text);
            assert_eq!(Key::new(name).is_ok(), is_good && name != "*", "{character:?}");
            assert_eq!(key(name.as_bytes()).is_ok(), is_good && name != "*", "{character:?}");
        }
    }

    #[test]
    fn a_key_ends_at_a_space_and_must_be_utf8() {
        assert_eq!(key(b"a.b 1"), Ok((&b" 1"[..], Key(b"a.b"))));
        for bad in [&b""[..], b" a", b"\xff\xfe", b"a\xc3", b"palm.cpu\xff 1", b"palm.cpu\x7f 1"] {
            assert!(key(bad).is_err(), "{bad:?}");
        }
    }
}
