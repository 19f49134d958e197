//! Which series a path or a call of `seriesByTag` reads.

use metric_query::{Glob, Labels, Select};

use crate::out::failure::Failure;
use crate::out::pattern::Pattern;
use crate::out::tagged::is_tagged;

/// Selects series as Graphite does.
#[derive(Clone, Debug)]
pub(crate) enum Selector {
    /// By a pattern of keys.
    Path(Glob<String>),
    /// By expressions of tags, all of which must hold.
    Tags(Vec<Condition>),
}

impl Selector {
    /// Reads a pattern of keys.
    pub(crate) fn path(pattern: &str) -> Result<Self, Failure> {
        Ok(Self::Path(Glob::new(pattern.to_owned())?))
    }

    /// Reads expressions of tags. One at least has to ask for a value.
    pub(crate) fn tags<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, Failure> {
        let conditions: Vec<_> =
            texts.into_iter().map(Condition::parse).collect::<Result<_, _>>()?;
        if conditions.iter().all(|condition| condition.holds("")) {
            return Err(Failure::wrong("at least one tag has to be asked for by a value"));
        }
        Ok(Self::Tags(conditions))
    }
}

impl Selector {
    /// Selects all series.
    pub(crate) const fn all() -> Self {
        Self::Tags(Vec::new())
    }
}

impl Select for Selector {
    fn selects(&self, key: &str) -> bool {
        match self {
            // A path selects series with tags only if it has some.
            Self::Path(glob) => glob.matches(key) && (is_tagged(glob.as_str()) || !is_tagged(key)),
            Self::Tags(conditions) => {
                let labels = Labels::of(key);
                conditions.iter().all(|condition| condition.holds_for(&labels))
            }
        }
    }

    fn seek<'a>(&self, from: &'a [u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        match self {
            Self::Path(glob) => glob.seek(from, buffer),
            Self::Tags(conditions) => match conditions.iter().find_map(Condition::name) {
                // Keys of a name begin with it.
                Some(name) if from.starts_with(name) => Some(from),
                Some(name) if name < from => None,
                Some(name) => match buffer.get_mut(..name.len()) {
                    Some(place) => {
                        place.copy_from_slice(name);
                        Some(place)
                    }
                    None => Some(from),
                },
                None => Some(from),
            },
        }
    }

    fn steps(&self) -> usize {
        match self {
            Self::Path(glob) => glob.steps(),
            Self::Tags(conditions) => conditions.iter().map(Condition::steps).sum(),
        }
    }
}

/// What a tag has to be: `tag=value`, `tag!=value`, `tag=~pattern` or `tag!=~pattern`.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) tag: String,
    is_not: bool,
    value: Value,
}

#[derive(Clone, Debug)]
enum Value {
    Text(String),
    Pattern(Pattern),
}

impl Condition {
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || Failure::wrong(format!("'{text}' is not tag=value, !=, =~ or !=~"));
        let (tag, rest) =
            text.split_at_checked(text.find(['!', '=']).unwrap_or(0)).ok_or_else(wrong)?;
        let (is_not, rest) = match rest.strip_prefix('!') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let value = rest.strip_prefix('=').ok_or_else(wrong)?;
        if tag.is_empty() || [tag, value].into_iter().any(|part| part.contains(';')) {
            return Err(wrong());
        }
        let value = match value.strip_prefix('~') {
            Some(pattern) => Value::Pattern(Pattern::at_beginning(pattern)?),
            None => Value::Text(value.to_owned()),
        };
        Ok(Self { tag: tag.to_owned(), is_not, value })
    }

    /// Whether it holds for the labels of a key.
    fn holds_for(&self, labels: &Labels<'_>) -> bool {
        let value = match &*self.tag {
            "name" => Some(labels.name()),
            tag => labels.tag(tag),
        };
        match value.map(|value| value.as_plain().ok_or(value)) {
            None => self.holds(""),
            Some(Ok(plain)) => self.holds(plain),
            Some(Err(value)) => self.holds(&value.to_string()),
        }
    }

    /// Whether it holds for a value. A tag that is not there is empty.
    fn holds(&self, value: &str) -> bool {
        let is = match &self.value {
            Value::Text(text) => text == value,
            Value::Pattern(pattern) => pattern.matches(value),
        };
        is != self.is_not
    }

    fn steps(&self) -> usize {
        match &self.value {
            Value::Text(_) => 4,
            Value::Pattern(pattern) => 4 + pattern.steps(),
        }
    }

    /// Returns the beginning of all keys for which it holds, if that is known. A name that keys have
    /// in another form is not looked for.
    fn name(&self) -> Option<&[u8]> {
        let is_special = |one: char| one.is_whitespace() || one.is_control() || "=%*".contains(one);
        match &self.value {
            Value::Text(text)
                if self.tag == "name" && !self.is_not && !text.contains(is_special) =>
            {
                Some(text.as_bytes())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_selects_series_without_tags() {
        let cases = [
            ("a.*", "a.b", true),
            ("a.*", "a.b;x=1", false),
            ("a.*", "a.b.c", false),
            ("a.b;x=1", "a.b;x=1", true),
            ("a.b;x=*", "a.b;x=1", true),
        ];
        for (path, key, expected) in cases {
            assert_eq!(Selector::path(path).unwrap().selects(key), expected, "{path} {key}");
        }
    }

    #[test]
    fn tags_select_series_by_their_values() {
        let cases = [
            (&["name=cpu"][..], "cpu;host=a", true),
            (&["name=cpu"], "cpu", true),
            (&["name=cpu"], "cpu2;host=a", false),
            (&["name=cpu", "host=a"], "cpu;host=a", true),
            (&["name=cpu", "host!=a"], "cpu;host=a", false),
            (&["name=cpu", "host!=a"], "cpu", true),
            (&["name=~c.u"], "cpu.x;host=a", true),
            (&["name=~pu"], "cpu;host=a", false),
            (&["host=~a|b"], "cpu;host=b", true),
            (&["host=~b|c"], "cpu;host=a;b=c", false),
            (&["host!=~a", "name!="], "cpu;host=b", true),
            (&["name=cpu", "zone="], "cpu;host=a", true),
        ];
        for (texts, key, expected) in cases {
            let selector = Selector::tags(texts.iter().copied()).unwrap();
            assert_eq!(selector.selects(key), expected, "{texts:?} {key}");
            if expected {
                let mut buffer = [0; 64];
                let bound = selector.seek(b"", &mut buffer).unwrap().to_vec();
                assert!(bound.as_slice() <= key.as_bytes());
                assert_eq!(selector.seek(key.as_bytes(), &mut buffer), Some(key.as_bytes()));
            }
        }
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for text in ["", "a", "=b", "a!b", "a;b=c", "a=b;c", "a=~(", "a=", "a!=b", "a=~.*"] {
            assert!(Selector::tags([text]).is_err(), "{text}");
        }
        assert!(Selector::tags([]).is_err());
    }
}
