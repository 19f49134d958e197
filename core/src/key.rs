//! The name of a series: what a key may be, and the rule that reads one.

use core::fmt;

use nom::bytes::complete::take_till1;
use nom::combinator::verify;
use nom::{IResult, Parser};

use crate::limits::LONGEST_KEY;

/// The name of a series: 1 to [`LONGEST_KEY`] bytes of UTF-8 without white space or control
/// characters, and not `*` alone.
///
/// White space is Unicode's: one bad key would break every later `get *` for clients that split
/// replies at it. Keys compare byte for byte.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key<'a>(&'a [u8]);

impl<'a> Key<'a> {
    /// Checks a name.
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if the protocol could not carry it.
    pub fn new(name: &'a str) -> Result<Self, InvalidKey> {
        Self::from_bytes(name.as_bytes())
    }

    /// Checks a name as it stands in a line; else as [`new`](Self::new).
    ///
    /// # Errors
    ///
    /// [`InvalidKey`] if the protocol could not carry it.
    pub fn from_bytes(name: &'a [u8]) -> Result<Self, InvalidKey> {
        match key(name) {
            Ok(([], key)) => Ok(key),
            _ => Err(InvalidKey),
        }
    }

    /// The name itself.
    #[must_use]
    pub fn as_str(self) -> &'a str {
        // What was checked is UTF-8. To check again is cheap where text is wanted; servers want
        // bytes.
        core::str::from_utf8(self.0).unwrap_or_default()
    }

    /// The name's bytes, as they stand in a line.
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

/// A name that cannot be a [`Key`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    let is_key = (1..=LONGEST_KEY).contains(&name.len()) && name != b"*";
    is_key.then_some((rest, Key(name))).ok_or(nom::Err::Error(()))
}

/// Whether a name is text without white space and control characters.
fn is_printable(name: &[u8]) -> bool {
    let odd = |character: char| character.is_whitespace() || character.is_control();
    core::str::from_utf8(name).is_ok_and(|name| !name.contains(odd))
}

/// Splits off what is ASCII without white space and control characters, eight bytes at a time.
fn split_graphic(text: &[u8]) -> (&[u8], &[u8]) {
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
    let length = text.len().saturating_sub(rest.len());
    (text.get(..length).unwrap_or_default(), rest)
}

/// Looks at all eight, so that a processor can do so at once.
fn are_graphic(bytes: &[u8; 8]) -> bool {
    bytes.iter().fold(true, |all, byte| all & byte.is_ascii_graphic())
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
    fn a_key_ends_at_a_space_and_must_be_utf8() {
        assert_eq!(key(b"a.b 1"), Ok((&b" 1"[..], Key(b"a.b"))));
        for bad in [&b""[..], b" a", b"\xff\xfe", b"a\xc3", b"palm.cpu\xff 1", b"palm.cpu\x7f 1"] {
            assert!(key(bad).is_err(), "{bad:?}");
        }
    }
}
