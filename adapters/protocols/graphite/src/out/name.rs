//! The names of series.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// A name or a path of a series. What functions make of names is cut, as calls within calls may
/// double a name each, and a total may have those of thousands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name(Arc<str>);

/// The longest name that functions make. It is longer than any key.
pub(crate) const LONGEST: usize = 1_024;

/// What a name ends with that was cut.
const CUT: &str = "...";

impl Name {
    /// A path as it was asked for, which is never cut: who asked may compare it.
    pub(crate) fn asked(path: &str) -> Self {
        Self(path.into())
    }

    /// Returns how much memory it takes: of a text that several share its part.
    pub(crate) fn size(&self) -> usize {
        self.len() / Arc::strong_count(&self.0)
    }

    /// Whether something was cut off.
    pub(crate) fn is_cut(&self) -> bool {
        // A character has up to four bytes, so up to three may be left free.
        self.len() + 3 >= LONGEST && self.ends_with(CUT)
    }
}

impl From<String> for Name {
    fn from(mut name: String) -> Self {
        cut(&mut name);
        Self(name.into())
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Self {
        name.to_owned().into()
    }
}

impl Deref for Name {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// Cuts a text that is too long, between two characters.
pub(crate) fn cut(text: &mut String) {
    if text.len() > LONGEST {
        text.truncate(text.floor_char_boundary(LONGEST - CUT.len()));
        text.push_str(CUT);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_cut_between_characters() {
        for (text, length) in [("a", LONGEST), ("\u{e4}", LONGEST - 1), ("\u{1f600}", LONGEST - 1)]
        {
            let name = Name::from(text.repeat(LONGEST + 1));
            assert!(name.is_cut() && name.ends_with(&format!("{text}...")));
            assert_eq!(name.len(), length);
        }
        let longest = Name::from("a".repeat(LONGEST));
        assert!(!longest.is_cut() && longest.len() == LONGEST);
        assert!(!Name::from("a...").is_cut());
    }
}
