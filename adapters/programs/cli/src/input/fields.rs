//! The fields of a sample, for all input formats. The protocol's own parser reads them.

use jiff::Zoned;
use metric_proto::{Key, Request, Sample, parse_request};

use crate::time::{self, Moment, Unit};

/// The text of each field of a sample.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fields<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) value: &'a [u8],
    pub(crate) timestamp: &'a [u8],
}

/// A fault in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// One line is wrong, for this reason.
    Line(&'static str),
    /// A line is wrong, for this reason, and no line after it can be trusted.
    Rest(&'static str),
}

impl From<&'static str> for Fault {
    fn from(why: &'static str) -> Self {
        Self::Line(why)
    }
}

pub(crate) const NO_KEY: &str =
    "a key is 1 to 1000 bytes without white space or control characters, and not `*`";
pub(crate) const NO_VALUE: &str = "the value is not a finite decimal number";
pub(crate) const NO_TIMESTAMP: &str =
    "the timestamp is not a 64-bit integer, nor a date and time such as 2026-11-20T10:00:00Z";
const COMMA: &str = "the value contains a comma; a decimal number has a point";
const MISSING_TIMESTAMP: &str = "the timestamp is missing";

impl Fields<'_> {
    /// Parses the sample. A date becomes a timestamp of this unit. `put` is scratch space for the
    /// text of the sample.
    ///
    /// # Errors
    ///
    /// The reason for which the fields are not a sample.
    pub(crate) fn read(
        self,
        unit: Unit,
        put: &mut Vec<u8>,
    ) -> Result<(Key<'_>, Sample), &'static str> {
        if is_number(self.timestamp) {
            return self.read_numbers(put);
        }
        self.check_key_and_value()?;
        let timestamp = date(self.timestamp, unit)?.to_string();
        Fields { timestamp: timestamp.as_bytes(), ..self }.read_numbers(put)
    }

    fn read_numbers(self, put: &mut Vec<u8>) -> Result<(Key<'_>, Sample), &'static str> {
        self.write(put);
        match parse_request(put) {
            Ok(Request::Put { key, sample }) => Ok((key, sample)),
            _ => Err(self.fault()),
        }
    }

    fn write(self, put: &mut Vec<u8>) {
        put.clear();
        for part in [b"put ", self.key, b" ", self.value, b" ", self.timestamp] {
            put.extend_from_slice(part);
        }
    }

    /// Returns what is wrong with the first wrong field.
    fn fault(self) -> &'static str {
        match self.check_key_and_value() {
            Err(fault) => fault,
            Ok(()) if self.timestamp.is_empty() => MISSING_TIMESTAMP,
            Ok(()) => NO_TIMESTAMP,
        }
    }

    fn check_key_and_value(self) -> Result<(), &'static str> {
        if Key::from_bytes(self.key).is_err() {
            Err(NO_KEY)
        } else if !is_value(self.value) {
            Err(if self.value.contains(&b',') { COMMA } else { NO_VALUE })
        } else {
            Ok(())
        }
    }
}

pub(crate) fn is_value(text: &[u8]) -> bool {
    let mut put = Vec::new();
    Fields { key: b"k", value: text, timestamp: b"0" }.write(&mut put);
    parse_request(&put).is_ok()
}

/// Returns whether a timestamp is empty or written as a number. It may still be too large.
fn is_number(timestamp: &[u8]) -> bool {
    let digits = timestamp.strip_prefix(b"-").or(timestamp.strip_prefix(b"+"));
    let is_sign = digits.is_some_and(<[u8]>::is_empty);
    !is_sign && digits.unwrap_or(timestamp).iter().all(u8::is_ascii_digit)
}

/// Returns whether a text is written as a number or as a date. It may be out of range.
pub(super) fn is_time(text: &[u8]) -> bool {
    let is_date = || moment(text).is_some() || what_exceeds(text).is_some();
    !text.is_empty() && (is_number(text) || is_date())
}

fn what_exceeds(text: &[u8]) -> Option<&'static str> {
    str::from_utf8(text).ok().and_then(time::what_exceeds_in_date)
}

fn moment(text: &[u8]) -> Option<Moment> {
    str::from_utf8(text).ok().and_then(time::read_date)
}

fn date(text: &[u8], unit: Unit) -> Result<i64, &'static str> {
    let moment = moment(text).ok_or_else(|| what_exceeds(text).unwrap_or(NO_TIMESTAMP))?;
    moment.timestamp(unit, &Zoned::now())
}

#[cfg(test)]
mod tests {
    use metric_proto::LONGEST_KEY;

    use super::*;

    fn read(key: &str, value: &str, timestamp: &str) -> Result<(String, Sample), &'static str> {
        let mut put = b"left over from before".to_vec();
        let fields = [key, value, timestamp].map(str::as_bytes);
        let [key, value, timestamp] = fields;
        let read = Fields { key, value, timestamp }.read(Unit::Second, &mut put);
        read.map(|(key, sample)| (key.as_str().to_owned(), sample))
    }

    #[test]
    fn numbers_are_parsed_as_in_the_protocol() {
        for (value, expected) in [("-.5", -0.5), ("5.", 5.0), ("+1E-400", 0.0), ("-0", -0.0)] {
            let sample = Sample::new(expected, i64::MIN).unwrap();
            assert_eq!(read("k", value, "-9223372036854775808"), Ok(("k".to_owned(), sample)));
        }
    }

    #[test]
    fn the_error_names_the_wrong_field() {
        let long = "k".repeat(LONGEST_KEY + 1);
        for key in ["", "*", "a b", "a\tb", "a\u{a0}b", &long] {
            assert_eq!(read(key, "1", "2"), Err(NO_KEY), "{key:?}");
        }
        for value in ["", "nan", "inf", "1e309", "0x1", "1 2", " 1", "one"] {
            assert_eq!(read("k", value, "2"), Err(NO_VALUE), "{value:?}");
        }
        assert_eq!(read("k", "1,5", "2"), Err(COMMA));
        for timestamp in ["1.0", "1e3", "9223372036854775808", "1 2", " 1", "now", "2h", "10:00"] {
            assert_eq!(read("k", "1", timestamp), Err(NO_TIMESTAMP), "{timestamp:?}");
        }
        assert_eq!(read("k", "1", ""), Err(MISSING_TIMESTAMP));
        assert_eq!(read("*", "1", "2026-11-20T10:00:00Z"), Err(NO_KEY));
        assert_eq!(read("k", "one", "2026-11-20T10:00:00Z"), Err(NO_VALUE));
    }

    #[test]
    fn a_date_is_a_timestamp_of_the_unit() {
        let read = |unit, timestamp: &str| {
            let fields = Fields { key: b"k", value: b"1", timestamp: timestamp.as_bytes() };
            fields.read(unit, &mut Vec::new()).map(|(_, sample)| sample.timestamp())
        };
        for (unit, timestamp, expected) in [
            (Unit::Second, "2006-06-21T04:30:47+00:00", 1_150_864_247),
            (Unit::Second, "2006-06-21 04:30:47 UTC", 1_150_864_247),
            (Unit::Second, "1969-12-31T23:59:59.5Z", -1),
            (Unit::Millisecond, "2006-06-21T06:30:47.123+02:00", 1_150_864_247_123),
            (Unit::Nanosecond, "1970-01-01T00:00:01[UTC]", 1_000_000_000),
            (Unit::Millisecond, "-7", -7),
        ] {
            assert_eq!(read(unit, timestamp), Ok(expected), "{timestamp}");
        }
        assert!(read(Unit::Nanosecond, "2300-01-01T00:00:00Z").is_err());
    }
}
