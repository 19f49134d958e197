//! The text of a name, a tag or a value.

use core::cmp::Ordering;
use core::fmt::{self, Write};

use super::escape::{escaped, is_simple, is_special};

/// The text of a name, a tag or a value, which a key may have in encoded form.
///
/// It compares and displays as it is without that form.
#[derive(Clone, Copy)]
pub struct LabelText<'a> {
    text: &'a str,
    /// Whether no `%` of it begins a `%XX`.
    is_plain: bool,
}

impl<'a> LabelText<'a> {
    /// Checks an encoded text.
    pub(super) fn canonical(text: &'a str) -> Option<Self> {
        if is_simple(text) && !text.is_empty() {
            return Some(Self::from(text));
        }
        let mut rest = text;
        while let Some(at) = rest.find(is_special) {
            let (special, after) = escaped(rest.get(at..)?)?;
            if !is_special(special) {
                return None;
            }
            rest = after;
        }
        (!text.is_empty()).then(|| Self::encoded(text))
    }

    pub(super) fn encoded(text: &'a str) -> Self {
        Self { text, is_plain: !text.contains('%') }
    }

    /// Returns the text if the key has it as it is, without `%XX`.
    #[must_use]
    pub fn as_plain(&self) -> Option<&'a str> {
        self.is_plain.then_some(self.text)
    }

    /// Returns the characters.
    pub fn chars(&self) -> impl Iterator<Item = char> + Clone + use<'a> {
        Chars { rest: self.text, is_plain: self.is_plain }
    }

    /// Returns the number of bytes of UTF-8. No text of a key is empty.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        if self.is_plain { self.text.len() } else { self.chars().map(char::len_utf8).sum() }
    }
}

/// Takes a text as it is.
impl<'a> From<&'a str> for LabelText<'a> {
    fn from(text: &'a str) -> Self {
        Self { text, is_plain: true }
    }
}

impl fmt::Display for LabelText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_plain() {
            Some(text) => f.pad(text),
            None => self.chars().try_for_each(|character| f.write_char(character)),
        }
    }
}

impl fmt::Debug for LabelText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl Ord for LabelText<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.as_plain(), other.as_plain()) {
            (Some(one), Some(other)) => one.cmp(other),
            // Characters are in the order of their UTF-8.
            _ => self.chars().cmp(other.chars()),
        }
    }
}

impl PartialOrd for LabelText<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for LabelText<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for LabelText<'_> {}

impl PartialEq<str> for LabelText<'_> {
    fn eq(&self, other: &str) -> bool {
        *self == LabelText::from(other)
    }
}

impl PartialEq<&str> for LabelText<'_> {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

#[derive(Clone, Debug)]
struct Chars<'a> {
    rest: &'a str,
    is_plain: bool,
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        if !self.is_plain
            && let Some((character, rest)) = escaped(self.rest)
        {
            self.rest = rest;
            return Some(character);
        }
        let mut chars = self.rest.chars();
        let character = chars.next();
        self.rest = chars.as_str();
        character
    }
}
