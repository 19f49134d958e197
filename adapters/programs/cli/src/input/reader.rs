//! Parses lines of text, CSV or JSON as samples.
//!
//! Each line is parsed on its own, since no sample contains a line feed. So an unpaired quotation
//! mark spoils one line and not those after it.

use std::borrow::Cow;

use metric_proto::{Key, Sample};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::csv::Csv;
use super::expected::Expected;
use super::fields::{Fault, Fields, is_time};
use super::remarks::Remarks;
use crate::format::{Format, MARK};
use crate::time::Unit;

/// A parser of lines in one format.
pub(crate) struct Reader {
    format: Format,
    unit: Unit,
    missing: Missing,
    csv: Csv,
    /// Scratch space for the text of a sample.
    put: Vec<u8>,
}

/// What a missing timestamp means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Now,
    Fault,
}

#[derive(Deserialize)]
struct Object<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    #[serde(borrow)]
    value: &'a RawValue,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
}

/// The members of an object without a time. Any further one might be its time under another name.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Timeless {
    #[serde(rename = "key")]
    _key: IgnoredAny,
    #[serde(rename = "value")]
    _value: IgnoredAny,
    #[serde(rename = "timestamp")]
    _timestamp: Option<IgnoredAny>,
}

const NO_FIELDS: &str = "expected KEY VALUE [TIMESTAMP]";
const ZEROS: &str =
    "it contains zero bytes, as UTF-16 and binary files do; save the input as UTF-8";
const NOT_UTF_8: &str =
    "it is not UTF-8; if it is Latin-1, `iconv -f LATIN1 -t UTF-8` converts the input";
const NO_OBJECT: &str = "it is not a JSON object with \"key\", \"value\" and \"timestamp\"";
const MORE_MEMBERS: &str = "it has no \"timestamp\", and another member might be its time";

impl Reader {
    pub(crate) fn new(format: Format, unit: Unit, missing: Missing) -> Self {
        Self { format, unit, missing, csv: Csv::new(), put: Vec::new() }
    }

    pub(super) const fn remarks(&self) -> Remarks {
        Remarks::new(self.unit)
    }

    pub(super) const fn expected(&self) -> Expected {
        Expected { format: self.format, unit: self.unit, missing: self.missing }
    }

    /// Parses a line. Returns `None` if it is blank or names the columns.
    pub(crate) fn read(&mut self, line: &[u8]) -> Result<Option<(Key<'_>, Sample)>, Fault> {
        let line = without_mark(line);
        if line.trim_ascii().is_empty() {
            return Ok(None);
        }
        self.parse(line).map_err(|fault| match fault {
            Fault::Line(_) if line.contains(&0) => Fault::Line(ZEROS),
            Fault::Line(_) if str::from_utf8(line).is_err() => Fault::Line(NOT_UTF_8),
            fault => fault,
        })
    }

    fn parse(&mut self, line: &[u8]) -> Result<Option<(Key<'_>, Sample)>, Fault> {
        let Self { format, unit, missing, csv, put } = self;
        let object;
        let fields = match format {
            Format::Text => text(line)?,
            Format::Csv => match csv.read(line)? {
                Some(fields) => fields,
                None => return Ok(None),
            },
            Format::Jsonl => {
                object = Object::read(line, *missing)?;
                object.fields()
            }
        };
        let is_now = *missing == Missing::Now && fields.timestamp.is_empty();
        let now = is_now.then(|| unit.now().to_string());
        let timestamp = now.as_ref().map_or(fields.timestamp, |now| now.as_bytes());
        Ok(Some(Fields { timestamp, ..fields }.read(*unit, put)?))
    }
}

/// Returns a line without a byte order mark before it: files that begin with one may be joined.
pub(super) fn without_mark(line: &[u8]) -> &[u8] {
    line.strip_prefix(MARK.as_bytes()).unwrap_or(line)
}

/// Splits a line of text into its fields. Only a timestamp may contain blanks, if it is a time.
fn text(line: &[u8]) -> Result<Fields<'_>, &'static str> {
    let (key, rest) = word(line);
    let (value, timestamp) = word(rest);
    let is_whole = !timestamp.iter().any(u8::is_ascii_whitespace) || is_time(timestamp);
    let has_all = !value.is_empty() && is_whole;
    has_all.then_some(Fields { key, value, timestamp }).ok_or(NO_FIELDS)
}

/// Returns the first word and what follows it.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let text = text.trim_ascii();
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    (word, rest.trim_ascii())
}

impl<'a> Object<'a> {
    fn read(line: &'a [u8], missing: Missing) -> Result<Self, &'static str> {
        let object: Self = serde_json::from_slice(line).map_err(|_| NO_OBJECT)?;
        let is_now = missing == Missing::Now && object.fields().timestamp.is_empty();
        if is_now && serde_json::from_slice::<Timeless>(line).is_err() {
            return Err(MORE_MEMBERS);
        }
        Ok(object)
    }

    fn fields(&self) -> Fields<'_> {
        Fields {
            key: self.key.as_bytes(),
            value: self.value.get().as_bytes(),
            timestamp: self.timestamp.map_or(b"", |timestamp| unquoted(timestamp.get().as_bytes())),
        }
    }
}

/// Returns a string without its quotation marks. No time contains a character to be escaped.
fn unquoted(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\"")).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::fields::{NO_KEY, NO_TIMESTAMP, NO_VALUE};

    type Read = Result<Option<(String, Sample)>, Fault>;

    fn read(format: Format, line: &str) -> Read {
        let mut reader = Reader::new(format, Unit::Second, Missing::Fault);
        let read = reader.read(line.as_bytes())?;
        Ok(read.map(|(key, sample)| (key.as_str().to_owned(), sample)))
    }

    fn sample(key: &str, value: f64, timestamp: i64) -> Read {
        Ok(Some((key.to_owned(), Sample::new(value, timestamp).unwrap())))
    }

    #[test]
    fn fields_of_text_are_separated_by_white_space() {
        let text = |line| read(Format::Text, line);
        assert_eq!(text("k 1.5 -3"), sample("k", 1.5, -3));
        assert_eq!(text(" k\t -.5   +3 "), sample("k", -0.5, 3));
        assert_eq!(text(" \t"), Ok(None));
        assert_eq!(text("k 1  2006-06-21 04:30:47 UTC "), sample("k", 1.0, 1_150_864_247));
        for line in ["k", "k 1 2 3", "put k 1 2"] {
            assert_eq!(text(line), Err(Fault::Line(NO_FIELDS)), "{line:?}");
        }
        assert_eq!(text("k\u{a0}b 1 2"), Err(Fault::Line(NO_KEY)));
        assert_eq!(text("k nan 2"), Err(Fault::Line(NO_VALUE)));
        assert_eq!(text("k 1 2.5"), Err(Fault::Line(NO_TIMESTAMP)));
    }

    #[test]
    fn numbers_of_a_json_object_are_exact() {
        let json = |line| read(Format::Jsonl, line);
        let line = r#"{"timestamp": -9223372036854775808, "key": "a\"\u00e9", "value": -0.0}"#;
        assert_eq!(json(line), sample("a\"é", -0.0, i64::MIN));
        // A double cannot hold this timestamp.
        let line = r#"{"key":"k","value":5e-324,"timestamp":9223372036854775807,"more":[]}"#;
        assert_eq!(json(line), sample("k", 5e-324, i64::MAX));
        let marked = format!("\u{feff}{line}");
        assert_eq!(read(Format::Jsonl, &marked), sample("k", 5e-324, i64::MAX));
        let line = r#"{"key":"k","value":1,"timestamp":"2006-06-21T04:30:47+00:00"}"#;
        assert_eq!(json(line), sample("k", 1.0, 1_150_864_247));
        assert_eq!(json("\u{feff}"), Ok(None));
        for line in ["{", "[]", "k 1 2", r#"{"key":"k"}"#, r#"{"key":1,"value":1}"#] {
            assert_eq!(json(line), Err(Fault::Line(NO_OBJECT)), "{line:?}");
        }
        assert_eq!(json(r#"{"key":"a b","value":1,"timestamp":2}"#), Err(Fault::Line(NO_KEY)));
        assert_eq!(json(r#"{"key":"k","value":"1","timestamp":2}"#), Err(Fault::Line(NO_VALUE)));
        assert_eq!(
            json(r#"{"key":"k","value":1,"timestamp":2.0}"#),
            Err(Fault::Line(NO_TIMESTAMP))
        );
    }

    #[test]
    fn an_object_without_a_timestamp_has_no_further_member() {
        let mut reader = Reader::new(Format::Jsonl, Unit::Second, Missing::Now);
        for member in [
            r#""time":1150864247"#,
            r#""Timestamp":1150864247"#,
            r#""host":"h""#,
            r#""timestamp":null,"ts":1"#,
            r#""timestamp":"","ts":1"#,
        ] {
            let line = format!(r#"{{"key":"k","value":1,{member}}}"#);
            assert_eq!(reader.read(line.as_bytes()), Err(Fault::Line(MORE_MEMBERS)), "{line}");
        }
        let line = br#"{"key":"k","value":1,"timestamp":2,"host":"h"}"#;
        assert!(reader.read(line).is_ok());
    }

    #[test]
    fn a_missing_timestamp_is_now_if_that_is_allowed() {
        let lines = [
            (Format::Text, "k 1"),
            (Format::Csv, "k,1"),
            (Format::Csv, "k,1,"),
            (Format::Jsonl, r#"{"key":"k","value":1}"#),
            (Format::Jsonl, r#"{"key":"k","value":1,"timestamp":null}"#),
        ];
        for (format, line) in lines {
            let before = Unit::Second.now();
            let mut reader = Reader::new(format, Unit::Second, Missing::Now);
            let (_, sample) = reader.read(line.as_bytes()).unwrap().unwrap();
            assert!((before..=Unit::Second.now()).contains(&sample.timestamp()), "{line}");
            assert_eq!(read(format, line), Err("the timestamp is missing".into()), "{line}");
        }
    }
}
