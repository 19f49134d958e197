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

const BOUND: &str = " of 64 KiB, some 2,000 characters; only a list such as a|b may be longer";

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
            let (text, error) = (shown(text), error.to_string());
            let bound = if error.contains("size limit") { BOUND } else { "" };
            Failure::wrong(format!("'{text}' is not a regular expression here: {error}{bound}"))
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

/// What a text is searched for: a regular expression, or a list of names, which may be longer.
#[derive(Clone, Debug)]
pub(crate) enum Search {
    Pattern(Pattern),
    /// Names, and whether the text begins and ends with them.
    Names(Vec<String>, Ends),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    begins: bool,
    ends: bool,
}

impl Search {
    /// Reads an expression that may begin anywhere.
    pub(crate) fn new(text: &str) -> Result<Self, Failure> {
        let (begins, rest) = text.strip_prefix('^').map_or((false, text), |rest| (true, rest));
        let (ends, rest) = rest.strip_suffix('$').map_or((false, rest), |rest| (true, rest));
        let list = match rest.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(inner) => names(inner),
            None if begins || ends => None,
            None => names(rest),
        };
        match list {
            Some(names) => Ok(Self::Names(names, Ends { begins, ends })),
            None => Pattern::new(text).map(Self::Pattern),
        }
    }

    pub(crate) fn matches(&self, text: &str) -> bool {
        let (names, ends) = match self {
            Self::Pattern(pattern) => return pattern.matches(text),
            Self::Names(names, ends) => (names, *ends),
        };
        names.iter().any(|name| match (ends.begins, ends.ends) {
            (true, true) => text == name,
            (true, false) => text.starts_with(&**name),
            (false, true) => text.ends_with(&**name),
            (false, false) => text.contains(&**name),
        })
    }

    /// Returns about how many steps a character takes at most.
    pub(crate) const fn steps(&self) -> usize {
        match self {
            Self::Pattern(pattern) => pattern.steps(),
            Self::Names(names, _) => 4 + names.len(),
        }
    }
}

/// Reads a list of names, which are as common in regular expressions as they are long: `a|b`.
pub(crate) fn names(list: &str) -> Option<Vec<String>> {
    let is_special = |one| "\\.+*?()[]{}^$".contains(one);
    if list.replace("\\.", "").contains(is_special) {
        return None;
    }
    Some(list.split('|').map(|name| name.replace("\\.", ".")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_names_is_searched_for_as_the_expression_that_it_is() {
        let (mut lists, texts) = (0, ["", "a", "b", "ab", "ba", "abc", "a.b", "axb", "cab", "a|b"]);
        for text in [
            "a", "a|b", "(a|b)", "^(a|b)$", "^(a|b)", "(a|b)$", "^a|b$", "^a", "b$", "a\\.b",
            "a.b", "a|", "", "()", "^()$", "(a|b)(c)", "(a)|(b)", "a\\|b", "a\\$", "^(a|b", "a)$",
        ] {
            let Ok(search) = Search::new(text) else {
                assert!(Pattern::new(text).is_err(), "{text}");
                continue;
            };
            lists += usize::from(matches!(search, Search::Names(..)));
            let pattern = Pattern::new(text).unwrap();
            for name in texts {
                assert_eq!(search.matches(name), pattern.matches(name), "{text} {name}");
            }
        }
        assert_eq!(lists, 11);
    }

    #[test]
    fn a_list_may_be_longer_than_an_expression_whose_bound_is_told() {
        let names: Vec<_> = (0..2_000).map(|number| format!("host-{number:04}")).collect();
        let search = Search::new(&format!("^({})$", names.join("|"))).unwrap();
        assert!(search.matches("host-1999") && !search.matches("host-2000"));
        assert!(search.steps() >= 2_000);
        let failure = Search::new(&names.join("|.")).unwrap_err().to_string();
        assert!(failure.contains("64 KiB"), "{failure}");
    }

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
