//! The name of a host.

use core::fmt;

use heapless::String;

/// A host's name without the `.local` behind it: letters, digits, and hyphens between them, up to
/// [`Name::MAX`] bytes. Capitals and small letters are the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    label: String<MAX_LABEL>,
    /// The length of what was asked for, without the number behind it.
    base: usize,
    number: u8,
}

/// The longest label of a name in DNS.
const MAX_LABEL: usize = 63;

impl Name {
    /// The longest name, which leaves room for a number: see [`next`](Self::next).
    pub const MAX: usize = MAX_LABEL - "-255".len();

    /// Creates a name.
    ///
    /// # Errors
    ///
    /// [`InvalidName`] if a host cannot have it.
    pub fn new(name: &str) -> Result<Self, InvalidName> {
        let is_letter = |byte: u8| byte.is_ascii_alphanumeric();
        let bytes = name.as_bytes();
        let ends_well = |end: Option<&u8>| end.is_some_and(|byte| is_letter(*byte));
        let is_valid = bytes.len() <= Self::MAX
            && ends_well(bytes.first())
            && ends_well(bytes.last())
            && bytes.iter().all(|byte| is_letter(*byte) || *byte == b'-');
        let label = String::try_from(name).map_err(|_| InvalidName)?;
        if is_valid { Ok(Self { label, base: name.len(), number: 1 }) } else { Err(InvalidName) }
    }

    /// Returns the name that a host takes if another one has this: `metric-2` after `metric`, then
    /// `metric-3`. After `metric-255` comes `metric-2` again.
    #[must_use]
    pub fn next(mut self) -> Self {
        self.number = self.number.checked_add(1).unwrap_or(2);
        self.label.truncate(self.base);
        let digits = [self.number / 100, self.number / 10 % 10, self.number % 10];
        let first = digits.iter().position(|digit| *digit > 0).unwrap_or_default();
        // There is room: that is what `MAX` is for.
        let _ = self.label.push('-');
        for digit in digits.iter().skip(first) {
            let _ = self.label.push(char::from(b'0' + digit));
        }
        self
    }

    /// Returns the name as text, without `.local`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.label
    }
}

/// A text is not the name of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidName;

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a host's name has 1 to 59 letters, digits, and hyphens between them")
    }
}

impl core::error::Error for InvalidName {}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::string::ToString;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn a_name_is_that_of_a_host() {
        let longest = "k".repeat(Name::MAX);
        for name in ["a", "metric", "Pico-W", "7", &longest] {
            assert_eq!(Name::new(name).unwrap().as_str(), name);
        }
        let long = "k".repeat(Name::MAX + 1);
        for name in ["", "-a", "a-", "a.b", "a b", "ä", "a\n", &long, &"k".repeat(64)] {
            assert_eq!(Name::new(name), Err(InvalidName), "{name:?}");
        }
        assert!(InvalidName.to_string().contains(&Name::MAX.to_string()));
    }

    #[test]
    fn the_next_names_are_numbered() {
        let longest = "k".repeat(Name::MAX);
        let mut name = Name::new(&longest).unwrap();
        let mut names = Vec::new();
        for _ in 0..300 {
            name = name.next();
            names.push(name.as_str().strip_prefix(&*longest).unwrap().to_string());
        }
        assert_eq!(names[..3], ["-2", "-3", "-4"]);
        assert_eq!((&*names[8], &*names[253], &*names[254]), ("-10", "-255", "-2"));
    }
}
