//! Which series a path or a call of `seriesByTag` reads.

use metric_query::{Glob, InvalidPattern, Labels, MAX_PATTERN, Select};

use crate::out::failure::{Failure, shown};
use crate::out::pattern::{Pattern, names};
use crate::out::tagged::is_tagged;

/// Selects series as Graphite does.
#[derive(Clone, Debug)]
pub(crate) enum Selector {
    /// By a pattern of keys, in parts if it is long.
    Path(Vec<Glob<String>>),
    /// By expressions of tags, all of which must hold.
    Tags(Vec<Condition>),
}

impl Selector {
    /// Reads a pattern of keys.
    pub(crate) fn path(pattern: &str) -> Result<Self, Failure> {
        let mut parts = Vec::new();
        split(pattern, &mut parts)?;
        Ok(Self::Path(parts))
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
            Self::Path(parts) => {
                let of_key = |glob: &&Glob<String>| is_tagged(glob.as_str()) || !is_tagged(key);
                parts.iter().filter(of_key).any(|glob| glob.matches(key))
            }
            Self::Tags(conditions) => {
                let labels = Labels::of(key);
                conditions.iter().all(|condition| condition.holds_for(&labels))
            }
        }
    }

    fn seek<'a>(&self, from: &'a [u8], buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        match self {
            Self::Path(parts) => parts.seek(from, buffer),
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
            Self::Path(parts) => parts.steps(),
            Self::Tags(conditions) => conditions.iter().map(Condition::steps).sum(),
        }
    }
}

/// The most parts of a pattern.
const PARTS: usize = 64;

/// Reads a pattern. One that is longer than patterns may be, such as that of a list of hundreds of hosts,
/// is halved at its longest group until its parts are short enough.
pub(crate) fn split(pattern: &str, parts: &mut Vec<Glob<String>>) -> Result<(), InvalidPattern> {
    let middle = if pattern.len() > MAX_PATTERN { middle(pattern) } else { None };
    let Some((open, bar, close)) = middle.filter(|_| parts.len() < PARTS) else {
        parts.push(Glob::new(pattern.to_owned())?);
        return Ok(());
    };
    let part = |from: usize, to: usize| pattern.get(from..to).unwrap_or_default();
    let (before, behind) = (part(0, open + 1), part(close, pattern.len()));
    for half in [part(open + 1, bar), part(bar + 1, close)] {
        split(&[before, half, behind].concat(), parts)?;
    }
    Ok(())
}

/// Returns where the longest group of several alternatives begins, has the bar in its middle, and ends.
fn middle(pattern: &str) -> Option<(usize, usize, usize)> {
    let (mut best, mut open, mut bars) = (None, None, Vec::new());
    let (mut is_escaped, mut is_in_set) = (false, false);
    for (at, byte) in pattern.bytes().enumerate() {
        match byte {
            _ if std::mem::take(&mut is_escaped) => {}
            b'\\' => is_escaped = true,
            b'[' | b']' => is_in_set = byte == b'[',
            _ if is_in_set => {}
            b'{' => (open, bars) = (Some(at), Vec::new()),
            b',' => bars.push(at),
            b'}' => {
                if let (Some(open), Some(bar)) = (open, bars.get(bars.len() / 2)) {
                    best = best.max(Some((at - open, open, *bar, at)));
                }
                open = None;
            }
            _ => {}
        }
    }
    best.map(|(_, open, bar, close)| (open, bar, close))
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
    /// It begins with one of these, or is one of them.
    List(Vec<String>, Ending),
    Pattern(Pattern),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Any,
    None,
}

/// Reads a regular expression that is a list of names, which are as common as they are long: `a|b`,
/// `(a|b)`, `^(a|b)$`.
fn list(regex: &str) -> Option<Value> {
    let inner = |text| str::strip_prefix(text, '(')?.strip_suffix(')');
    let regex = regex.strip_prefix('^').unwrap_or(regex);
    let (list, ending) = match regex.strip_suffix('$').map(inner) {
        Some(list) => (list?, Ending::None),
        None => (inner(regex).unwrap_or(regex), Ending::Any),
    };
    Some(Value::List(names(list)?, ending))
}

impl Condition {
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || Failure::wrong(format!("'{}' is not tag=value, !=, =~ or !=~", shown(text)));
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
            Some(regex) => match list(regex) {
                Some(list) => list,
                None => Value::Pattern(Pattern::at_beginning(regex)?),
            },
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
            Value::List(names, Ending::None) => names.iter().any(|name| name == value),
            Value::List(names, Ending::Any) => names.iter().any(|name| value.starts_with(&**name)),
            Value::Pattern(pattern) => pattern.matches(value),
        };
        is != self.is_not
    }

    fn steps(&self) -> usize {
        match &self.value {
            Value::Text(_) => 4,
            Value::List(names, _) => 4 + names.len(),
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
    fn lists_of_hundreds_of_names_select() {
        let hosts: Vec<_> = (0..300).map(|number| format!("host-{number}.example")).collect();
        let path = Selector::path(&format!("a.{{{}}}.{{cpu,mem}}", hosts.join(","))).unwrap();
        let regex = hosts.join("|").replace('.', "\\.");
        for (key, expected) in [
            ("a.host-0.example.cpu", true),
            ("a.host-299.example.mem", true),
            ("a.host-300.example.cpu", false),
            ("a.host-7.example.cpu;x=1", false),
        ] {
            assert_eq!(path.selects(key), expected, "{key}");
            let mut buffer = [0; 64];
            let bound = path.seek(b"", &mut buffer).unwrap();
            assert!(!expected || bound <= key.as_bytes(), "{key}");
        }
        for (form, longer) in [("h=~{}", true), ("h=~({})", true), ("h=~^({})$", false)] {
            let condition = Condition::parse(&form.replace("{}", &regex)).unwrap();
            assert!(condition.holds("host-299.example") && !condition.holds("host-300.example"));
            assert_eq!(condition.holds("host-7.example.org"), longer, "{form}");
        }
        for wrong in ["a".repeat(2_000), format!("{{{}}}", "a".repeat(2_000))] {
            assert!(Selector::path(&wrong).is_err());
        }
        let set = Selector::path(&format!("{{{}x[,y]}}", "abcdefgh,".repeat(200))).unwrap();
        assert!(set.selects("x,") && set.selects("xy") && !set.selects("x["));
        let groups = format!("{{{}}}", "abcdefgh,".repeat(100)).repeat(15);
        assert!(Selector::path(&groups).is_err());
    }

    #[test]
    fn what_is_no_condition_is_refused() {
        for text in ["", "a", "=b", "a!b", "a;b=c", "a=b;c", "a=~(", "a=", "a!=b", "a=~.*"] {
            assert!(Selector::tags([text]).is_err(), "{text}");
        }
        assert!(Selector::tags([]).is_err());
    }
}
