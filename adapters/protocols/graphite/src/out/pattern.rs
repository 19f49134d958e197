//! Regular expressions.

use regex_lite::{Regex, RegexBuilder};

use crate::out::failure::{Failure, shown};

/// A regular expression, and how long it takes.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    pub(crate) regex: Regex,
    steps: usize,
}

/// The sizes that are tried in turn, since a built expression does not tell its own. The last one, two
/// thousand characters without repetitions, matches the longest name within some milliseconds.
const SIZES: [usize; 4] = [1 << 10, 1 << 12, 1 << 14, 1 << 16];

/// So many bytes of an expression are a state of it.
const STATE: usize = 32;

impl Pattern {
    /// Reads an expression that may begin anywhere.
    pub(crate) fn new(text: &str) -> Result<Self, Failure> {
        let built = |size: usize| {
            let regex = RegexBuilder::new(text).size_limit(size).build()?;
            Ok(Self { regex, steps: size / STATE })
        };
        let [sizes @ .., largest] = SIZES;
        let found = sizes.into_iter().map(built).find(Result::is_ok);
        found.unwrap_or_else(|| built(largest)).map_err(|error: regex_lite::Error| {
            let text = shown(text);
            Failure::wrong(format!("'{text}' is not a regular expression here: {error}"))
        })
    }

    /// Reads an expression that begins with the text.
    pub(crate) fn at_beginning(text: &str) -> Result<Self, Failure> {
        Self::new(&format!("^(?:{text})"))
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Returns about how many steps a character takes at most: each state looks at it.
    pub(crate) const fn steps(&self) -> usize {
        self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_takes_as_many_steps_as_it_has_states() {
        let names = vec!["host-1234"; 100].join("|");
        for (text, least) in [("a", 1), ("(a|b){50}", 150), ("a{1000}", 1_000), (&*names, 900)] {
            assert!(Pattern::new(text).unwrap().steps() >= least, "{text}");
        }
        assert!(Pattern::new("a").unwrap().steps() <= 32);
        assert!(Pattern::new("(").is_err());
        assert!(Pattern::new("((a{50}){50}){50}").is_err());
    }
}
