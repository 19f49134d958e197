//! The fields of a sample, for all input formats. The protocol's own parser reads them.

use metric_proto::{Key, Request, Sample, parse_request};

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
    /// The line that names the columns is wrong, and so no line after it can be read.
    Header,
}

impl From<&'static str> for Fault {
    fn from(why: &'static str) -> Self {
        Self::Line(why)
    }
}

pub(crate) const NO_KEY: &str =
    "a key is 1 to 1000 bytes without white space or control characters, and not `*`";
pub(crate) const NO_VALUE: &str = "the value is not a finite decimal number";
pub(crate) const NO_TIMESTAMP: &str = "the timestamp is not a 64-bit integer";
const MISSING_TIMESTAMP: &str = "the timestamp is missing";

impl Fields<'_> {
    /// Parses the sample. `put` is scratch space for its text.
    ///
    /// # Errors
    ///
    /// The reason for which the fields are not a sample.
    pub(crate) fn read(self, put: &mut Vec<u8>) -> Result<(Key<'_>, Sample), &'static str> {
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
        if Key::from_bytes(self.key).is_err() {
            NO_KEY
        } else if !is_value(self.value) {
            NO_VALUE
        } else if self.timestamp.is_empty() {
            MISSING_TIMESTAMP
        } else {
            NO_TIMESTAMP
        }
    }
}

pub(crate) fn is_value(text: &[u8]) -> bool {
    is_sample(Fields { key: b"k", value: text, timestamp: b"0" })
}

pub(crate) fn is_timestamp(text: &[u8]) -> bool {
    is_sample(Fields { key: b"k", value: b"0", timestamp: text })
}

fn is_sample(fields: Fields<'_>) -> bool {
    let mut put = Vec::new();
    fields.write(&mut put);
    parse_request(&put).is_ok()
}

#[cfg(test)]
mod tests {
    use metric_proto::LONGEST_KEY;

    use super::*;

    fn read(key: &str, value: &str, timestamp: &str) -> Result<(String, Sample), &'static str> {
        let mut put = b"left over from before".to_vec();
        let fields = [key, value, timestamp].map(str::as_bytes);
        let [key, value, timestamp] = fields;
        let read = Fields { key, value, timestamp }.read(&mut put);
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
        for value in ["", "nan", "inf", "1e309", "0x1", "1,5", "1 2", " 1", "one"] {
            assert_eq!(read("k", value, "2"), Err(NO_VALUE), "{value:?}");
        }
        for timestamp in ["1.0", "1e3", "9223372036854775808", "1 2", " 1", "now"] {
            assert_eq!(read("k", "1", timestamp), Err(NO_TIMESTAMP), "{timestamp:?}");
        }
        assert_eq!(read("k", "1", ""), Err(MISSING_TIMESTAMP));
    }
}
