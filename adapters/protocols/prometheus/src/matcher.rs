//! Matchers of labels, which select series.

use std::fmt;

use metric_query::{LabelText, Labels, Select, encode_labels};
use regex_lite::{Regex, RegexBuilder};

use crate::write::NAME;

/// How a matcher compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// `=`
    Equal,
    /// `!=`
    NotEqual,
    /// `=~`
    Matches,
    /// `!~`
    MatchesNot,
}

/// A condition on one label.
#[derive(Clone, Debug)]
pub struct Matcher {
    label: String,
    pattern: Pattern,
    /// Whether the pattern has to match.
    expected: bool,
}

#[derive(Clone, Debug)]
enum Pattern {
    Text(String),
    /// One of the texts that `|` separates. They are not kept apart: a list of many short ones would take
    /// many times the memory of its text.
    List(String),
    /// Any text, or any that is not empty.
    Any {
        takes_empty: bool,
    },
    Regex(Regex),
}

/// The memory that a regular expression may take, so that many of them in one request do not take
/// much.
const REGEX: usize = 256 * 1024;

impl Matcher {
    /// Creates a matcher. A label that a series does not have is empty. Regular expressions match whole
    /// values.
    ///
    /// # Errors
    ///
    /// [`InvalidMatcher`] if the value is not a regular expression, but has to be one.
    pub fn new(label: &str, operator: Operator, value: &str) -> Result<Self, InvalidMatcher> {
        let pattern = match operator {
            Operator::Equal | Operator::NotEqual => Pattern::Text(value.to_owned()),
            Operator::Matches | Operator::MatchesNot => Pattern::new(value)?,
        };
        let expected = matches!(operator, Operator::Equal | Operator::Matches);
        Ok(Self { label: label.to_owned(), pattern, expected })
    }

    fn matches(&self, labels: &Labels<'_>) -> bool {
        let value = if self.label == NAME { Some(labels.name()) } else { labels.tag(&self.label) };
        self.pattern.matches(value) == self.expected
    }

    /// Returns the only value that the label may have.
    fn only(&self) -> Option<&str> {
        match &self.pattern {
            Pattern::Text(text) if self.expected => Some(text),
            _ => None,
        }
    }
}

impl Pattern {
    fn new(regex: &str) -> Result<Self, InvalidMatcher> {
        let is_special = |character| "\\.+*?()[]{}^$".contains(character);
        match regex {
            ".*" => Ok(Self::Any { takes_empty: true }),
            ".+" => Ok(Self::Any { takes_empty: false }),
            // Lists of names are as common as they are long.
            _ if !regex.contains(is_special) && regex.contains('|') => {
                Ok(Self::List(regex.to_owned()))
            }
            _ if !regex.contains(is_special) => Ok(Self::Text(regex.to_owned())),
            _ => {
                let whole = format!("^(?s:{regex})$");
                let built = RegexBuilder::new(&whole).size_limit(REGEX).build();
                built.map(Self::Regex).map_err(|error| InvalidMatcher(error.to_string()))
            }
        }
    }

    fn matches(&self, value: Option<LabelText<'_>>) -> bool {
        match (self, value) {
            (Self::Text(text), None) => text.is_empty(),
            (Self::Text(text), Some(value)) => value == text.as_str(),
            (Self::List(list), None) => list.split('|').any(str::is_empty),
            (Self::List(list), Some(value)) => list.split('|').any(|text| value == text),
            (Self::Any { takes_empty }, value) => *takes_empty || value.is_some(),
            (Self::Regex(regex), None) => regex.is_match(""),
            (Self::Regex(regex), Some(value)) => match value.as_plain() {
                Some(plain) => regex.is_match(plain),
                None => regex.is_match(&value.to_string()),
            },
        }
    }

    fn steps(&self) -> usize {
        match self {
            Self::List(list) => list.split('|').count(),
            Self::Text(_) | Self::Any { .. } => 1,
            Self::Regex(regex) => regex.as_str().len(),
        }
    }
}

/// A value that has to be a regular expression, and is none or a too large one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidMatcher(String);

impl fmt::Display for InvalidMatcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a regular expression here: {}", self.0)
    }
}

impl std::error::Error for InvalidMatcher {}

/// Selects the series that all of some matchers match.
///
/// If one tells the name, only series of this name are visited, else every series.
#[derive(Clone, Debug)]
pub struct Matchers {
    all: Vec<Matcher>,
    name: Option<Name>,
    steps: usize,
}

/// The name of series, as keys begin with it.
#[derive(Clone, Debug)]
struct Name {
    /// As keys have it that are all name.
    plain: String,
    /// As other keys have it.
    encoded: String,
    /// The same before a tag.
    tagged: String,
}

impl Matchers {
    /// Creates a selector.
    #[must_use]
    pub fn new(all: Vec<Matcher>) -> Self {
        let name = all.iter().filter(|matcher| matcher.label == NAME).find_map(Matcher::only);
        let name = name.map(Name::new);
        // To find a tag takes as long as a step for each character.
        let steps = all.iter().map(|matcher| 1 + matcher.pattern.steps()).sum::<usize>() + 1;
        Self { all, name, steps }
    }

    /// Whether a series without any labels would be selected, as by no matcher at all.
    #[must_use]
    pub fn match_empty(&self) -> bool {
        self.all.iter().all(|matcher| matcher.pattern.matches(None) == matcher.expected)
    }
}

impl Name {
    fn new(name: &str) -> Self {
        let mut buffer = [0; metric_proto::LONGEST_KEY];
        let encoded = encode_labels(name, [], &mut buffer).map(|key| key.as_str().to_owned());
        // No key has a name that is no key itself.
        let encoded = encoded.unwrap_or_default();
        Self { plain: name.to_owned(), tagged: format!("{encoded};"), encoded }
    }

    fn seek<'a>(&'a self, from: &'a [u8]) -> Option<&'a [u8]> {
        let keys = [&self.plain, &self.encoded].map(|key| key.as_bytes());
        let tagged = self.tagged.as_bytes();
        let tagged = if from.starts_with(tagged) { from } else { tagged };
        keys.into_iter().chain([tagged]).filter(|key| *key >= from).min()
    }
}

impl Select for Matchers {
    fn selects(&self, key: &str) -> bool {
        let labels = Labels::of(key);
        self.all.iter().all(|matcher| matcher.matches(&labels))
    }

    fn seek<'a>(&self, from: &'a [u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        let Some(name) = &self.name else { return Some(from) };
        let found = name.seek(from)?;
        let Some(place) = buffer.get_mut(..found.len()) else { return Some(from) };
        place.copy_from_slice(found);
        Some(place)
    }

    fn steps(&self) -> usize {
        self.steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Operator::{Equal, Matches, MatchesNot, NotEqual};
    use proptest::prelude::*;

    #[test]
    fn a_matcher_compares_whole_values_and_a_missing_label_is_empty() {
        let key = "http;code=200;path=/a%3Bb%0Ac";
        let cases = [
            ("__name__", Equal, "http", true),
            ("__name__", Matches, "http|up", true),
            ("__name__", Matches, "htt", false),
            ("code", NotEqual, "200", false),
            ("code", Matches, "2..", true),
            ("code", Matches, "^2..$", true),
            ("code", Matches, "0|20", false),
            ("code", Matches, "0|2.*", true),
            ("code", MatchesNot, "4..|5..", true),
            ("code", Matches, ".+", true),
            ("code", Equal, "", false),
            ("path", Equal, "/a;b\nc", true),
            ("path", Matches, "/a;.*", true),
            ("none", Equal, "", true),
            ("none", NotEqual, "", false),
            ("none", Matches, ".*", true),
            ("none", Matches, ".+", false),
            ("none", Matches, "x|", true),
            ("none", Matches, "(x)?", true),
            ("none", MatchesNot, "x", true),
        ];
        for (label, operator, value, expected) in cases {
            let matcher = Matcher::new(label, operator, value).unwrap();
            let matchers = Matchers::new(vec![matcher]);
            assert_eq!(matchers.selects(key), expected, "{label} {operator:?} {value}");
        }
    }

    #[test]
    fn what_is_no_regular_expression_or_a_large_one_is_refused() {
        let nested = "(".repeat(1_000);
        for regex in ["(", "[", "a{1000}{1000}", "(?!a)", "\\", nested.as_str()] {
            assert!(Matcher::new("a", Matches, regex).is_err(), "{regex}");
            assert!(Matcher::new("a", Equal, regex).is_ok());
        }
    }

    proptest! {
        #[test]
        fn a_search_by_name_skips_no_series(name in "[a;=%. !é]{0,3}", from in "[a;=%.! é*~]{0,5}", key in "[a;=%.!é*~]{1,5}") {
            let matchers = Matchers::new(vec![Matcher::new(NAME, Equal, &name).unwrap()]);
            if matchers.selects(&key) && key >= from {
                let mut buffer = [0; 99];
                let found = matchers.seek(from.as_bytes(), &mut buffer).unwrap();
                prop_assert!(from.as_bytes() <= found && found <= key.as_bytes());
            }
        }

        #[test]
        fn a_list_of_texts_is_what_the_regular_expression_of_it_is(list in "[ab|]{0,6}", value in "[ab]{0,3}") {
            let regex = Regex::new(&format!("^(?s:{list})$")).unwrap();
            let matcher = Matcher::new("a", Matches, &list).unwrap();
            prop_assert!(!matches!(matcher.pattern, Pattern::Regex(_)));
            let matchers = Matchers::new(vec![matcher]);
            prop_assert_eq!(matchers.selects(&format!("up;a={value}")), regex.is_match(&value));
        }
    }
}
