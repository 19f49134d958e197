//! Patterns that select series by their keys.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use metric_proto::{Key, Selector};

use crate::key::check;

/// A key, or a prefix of keys followed by `*`.
///
/// The native protocol has no patterns, so prefixes are matched here, against all series of the server.
/// The HTTP API matches them itself, as `glob.rs` writes them. A key that itself ends in `*` is matched
/// as a prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    Key(String),
    Prefix(String),
}

impl Pattern {
    pub(crate) fn matches(&self, key: &str) -> bool {
        match self {
            Self::Key(own) => key == own,
            Self::Prefix(prefix) => key.starts_with(prefix),
        }
    }

    /// Returns whether a `*` in it is a character of a key, and may have been meant otherwise.
    pub(crate) fn has_inner_star(&self) -> bool {
        let (Self::Key(text) | Self::Prefix(text)) = self;
        text.contains('*')
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => f.write_str(key),
            Self::Prefix(prefix) => write!(f, "{prefix}*"),
        }
    }
}

impl FromStr for Pattern {
    /// Why the pattern is no key either.
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text != "*" {
            check(text)?;
        }
        Ok(match text.strip_suffix('*') {
            Some(prefix) => Self::Prefix(prefix.to_owned()),
            None => Self::Key(text.to_owned()),
        })
    }
}

/// The help text of an argument that takes patterns.
pub(crate) const KEYS: &str =
    "Keys, or key prefixes followed by * and in quotes: palm.cpu 'palm.*' '*'";

/// Returns the requests that read each matching sample once: one for each key, in their order, or
/// one for all series.
pub(super) fn selectors(patterns: &[Pattern]) -> Vec<Selector<'_>> {
    let (mut selectors, mut asked) = (Vec::new(), BTreeSet::new());
    for pattern in patterns {
        match pattern {
            Pattern::Prefix(_) => return vec![Selector::All],
            // The pattern was parsed as a key, so the key is valid.
            Pattern::Key(key) if asked.insert(key) => {
                selectors.extend(Key::new(key).map(Selector::Key));
            }
            Pattern::Key(_) => {}
        }
    }
    selectors
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(texts: &[&str]) -> Vec<Pattern> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn a_trailing_star_matches_any_rest() {
        let of = |text: &str, key| text.parse::<Pattern>().unwrap().matches(key);
        assert!(of("palm.*", "palm.cpu") && of("palm.*", "palm.") && of("*", "palm.cpu"));
        assert!(of("palm.cpu", "palm.cpu") && of("a*", "a*") && of("*a", "*a") && of("**", "*a"));
        assert!(!of("*.b", "a.b") && !of("a*b*", "acb") && of("a*b*", "a*bc"));
        assert!(!of("palm.*", "palm") && !of("palm.cpu", "palm.cpu0") && !of("*a", "ba"));
    }

    #[test]
    fn an_invalid_key_is_an_invalid_pattern() {
        for text in ["", "a b", "a\n*", "\u{1b}[2J*"] {
            assert!(text.parse::<Pattern>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn each_key_is_requested_once() {
        let [a, b] = ["a", "b"].map(|key| Selector::Key(Key::new(key).unwrap()));
        assert_eq!(selectors(&patterns(&["b", "a", "b"])), [b, a]);
        assert_eq!(selectors(&patterns(&["b", "a*", "b"])), [Selector::All]);
    }
}
