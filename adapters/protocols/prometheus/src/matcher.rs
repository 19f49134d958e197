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
    Regex {
        regex: Regex,
        /// The most memory that it takes.
        size: usize,
    },
}

/// How much memory regular expressions may take, so that many of them in one request do not take much,
/// and none takes long to match. The first that suffices tells about how large one is.
const SIZES: [usize; 5] = [1 << 10, 2 << 10, 4 << 10, 8 << 10, 16 << 10];

/// How much memory a state of a regular expression takes. Each character may visit all states.
const STATE: usize = 32;

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
        // Grafana writes a list in parentheses, and dots with a backslash. Any other one is left.
        let list = regex.strip_prefix('(').and_then(|list| list.strip_suffix(')')).unwrap_or(regex);
        let is_list = !list.replace("\\.", "").contains(is_special);
        match regex {
            ".*" => Ok(Self::Any { takes_empty: true }),
            ".+" => Ok(Self::Any { takes_empty: false }),
            // Lists of names are as common as they are long.
            _ if is_list && list.contains('|') => Ok(Self::List(list.replace("\\.", "."))),
            _ if is_list => Ok(Self::Text(list.replace("\\.", "."))),
            _ => Self::regex(&format!("^(?s:{regex})$")),
        }
    }

    fn regex(regex: &str) -> Result<Self, InvalidMatcher> {
        let build = |size| RegexBuilder::new(regex).size_limit(size).build();
        let built = SIZES.into_iter().find_map(|size| Some((build(size).ok()?, size)));
        match built {
            Some((regex, size)) => Ok(Self::Regex { regex, size }),
            None => {
                let error = build(SIZES[SIZES.len() - 1]).err();
                Err(InvalidMatcher(error.map(|error| error.to_string()).unwrap_or_default()))
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
            (Self::Regex { regex, .. }, None) => regex.is_match(""),
            (Self::Regex { regex, .. }, Some(value)) => match value.as_plain() {
                Some(plain) => regex.is_match(plain),
                None => regex.is_match(&value.to_string()),
            },
        }
    }

    fn steps(&self) -> usize {
        match self {
            Self::List(list) => list.split('|').count(),
            Self::Text(_) | Self::Any { .. } => 1,
            Self::Regex { size, .. } => size / STATE,
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

    #[test]
    fn a_repeated_part_counts_as_often_as_it_is_repeated() {
        let steps = |regex| {
            Matcher::new("a", Matches, regex).map(|matcher| Matchers::new(vec![matcher]).steps())
        };
        assert!(steps("a{200}b").unwrap() > 200);
        assert!(steps("a+b").unwrap() < 100);
        assert!(steps("a{2000}").is_err());
    }

    #[test]
    fn a_long_list_as_grafana_writes_it_is_a_list() {
        let list = format!("({})", vec!["host\\.example\\.com"; 500].join("|"));
        let matchers = Matchers::new(vec![Matcher::new("a", Matches, &list).unwrap()]);
        assert!(
            matchers.selects("up;a=host.example.com") && !matchers.selects("up;a=host-example.com")
        );
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
        fn a_list_of_texts_is_what_the_regular_expression_of_it_is(list in "\\(?([ab|]|\\\\\\.){0,6}\\)?", value in "[ab.\\\\]{0,3}") {
            let Ok(regex) = Regex::new(&format!("^(?s:{list})$")) else { return Ok(()) };
            let matcher = Matcher::new("a", Matches, &list).unwrap();
            let is_list = matches!(matcher.pattern, Pattern::Text(_) | Pattern::List(_));
            prop_assert!(is_list);
            let matchers = Matchers::new(vec![matcher]);
            prop_assert_eq!(matchers.selects(&format!("up;a={value}")), regex.is_match(&value));
        }
    }
}
