//! The samples of a body, in one of its forms.

use metric_proto::{Key, Limits, Request, Sample, parse_request};
use metric_query::{TimeUnit, parse_moment};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::csv::{Columns, fields};
use crate::lines::{Line, Lines, TooLong};
use crate::selection::{clock, now};

/// A row of a body: its line, and the sample or why it is refused.
#[derive(Debug)]
#[non_exhaustive]
pub struct Row {
    /// The number of the line, which begins with 1.
    pub line: u64,
    /// The key and the sample, or why the line is refused.
    pub sample: Result<(String, Sample), String>,
}

/// Reads the rows of a body as it arrives. It holds a line at most.
#[derive(Debug)]
pub struct Rows {
    lines: Lines,
    parser: Parser,
}

/// Parses the lines of a body.
#[derive(Debug)]
struct Parser {
    form: Form,
    /// The columns of CSV, once its header has arrived and says something useful.
    columns: Option<Columns>,
    unit: TimeUnit,
    limits: Limits,
}

/// The form of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Form {
    /// Lines of `KEY VALUE TIMESTAMP`.
    Native,
    /// JSON lines.
    Json,
    /// CSV with a header.
    Csv,
}

impl Rows {
    /// Creates a reader of a body. Keys are bounded by `limits`; a line without a timestamp is of now.
    #[must_use]
    pub fn new(form: Form, unit: TimeUnit, limits: Limits) -> Self {
        Self { lines: Lines::default(), parser: Parser { form, columns: None, unit, limits } }
    }

    /// Returns the rows that end in a piece.
    pub fn read(&mut self, piece: &[u8]) -> Vec<Row> {
        let (mut rows, parser) = (Vec::new(), &mut self.parser);
        self.lines.read(piece, |line, text| rows.extend(parser.row(line, text)));
        rows
    }

    /// Returns the row at the end, if it has no line feed.
    pub fn finish(&mut self) -> Vec<Row> {
        let (mut rows, parser) = (Vec::new(), &mut self.parser);
        self.lines.finish(|line, text| rows.extend(parser.row(line, text)));
        rows
    }
}

impl Parser {
    /// Reads a line; `None` if it is empty or a header.
    fn row(&mut self, line: u64, text: Line<'_>) -> Option<Row> {
        let sample = match text {
            Ok([]) => return None,
            Ok(text) => match std::str::from_utf8(text) {
                Ok(text) => self.parse(text)?,
                Err(_) => Err("the line is not UTF-8".to_owned()),
            },
            Err(TooLong) => Err("the line is too long".to_owned()),
        };
        Some(Row { line, sample })
    }

    fn parse(&mut self, text: &str) -> Option<Result<(String, Sample), String>> {
        match self.form {
            Form::Native => Some(self.native(text)),
            Form::Json => Some(self.json(text)),
            Form::Csv => match self.columns {
                Some(columns) => Some(self.csv(text, columns)),
                None => match Columns::read(text) {
                    Ok(columns) => {
                        self.columns = Some(columns);
                        None
                    }
                    Err(error) => Some(Err(error)),
                },
            },
        }
    }

    fn native(&self, text: &str) -> Result<(String, Sample), String> {
        let fields: Vec<_> = text.split(' ').collect();
        match fields[..] {
            [key, value] => self.sample(key, value, None),
            [key, value, timestamp] | ["put", key, value, timestamp] => {
                self.sample(key, value, Some(integer(timestamp)?))
            }
            _ => {
                Err("a line is KEY VALUE TIMESTAMP, with one blank between two of them".to_owned())
            }
        }
    }

    fn json(&self, text: &str) -> Result<(String, Sample), String> {
        if !text.trim_start().starts_with('{') {
            return Err(NO_OBJECT.to_owned());
        }
        // The line is told beside it.
        let wrong = |error: serde_json::Error| error.to_string().replace("at line 1 ", "at ");
        let object: Object<'_> = serde_json::from_str(text).map_err(wrong)?;
        let timestamp = object.timestamp.map(|timestamp| {
            let text = timestamp.get();
            let quoted = serde_json::from_str(text).unwrap_or(text);
            self.moment(quoted)
        });
        self.sample(&object.key, object.value.get(), timestamp.transpose()?)
    }

    fn csv(&self, text: &str, columns: Columns) -> Result<(String, Sample), String> {
        let fields = fields(text)?;
        if fields.len() != columns.count {
            let (have, count) = (fields.len(), columns.count);
            return Err(format!("the line has {have} fields, and the header {count}"));
        }
        let timestamp = columns.timestamp.map(|column| self.moment(&fields[column]));
        self.sample(&fields[columns.key], &fields[columns.value], timestamp.transpose()?)
    }

    fn moment(&self, text: &str) -> Result<i64, String> {
        parse_moment(text, self.unit, clock()).map_err(|_| format!("'{text}' is not a timestamp"))
    }

    /// Checks a sample by the grammar and the bounds of the native protocol. Without a timestamp it
    /// is of now.
    fn sample(
        &self,
        key: &str,
        value: &str,
        timestamp: Option<i64>,
    ) -> Result<(String, Sample), String> {
        let most = self.limits.key();
        if key.len() > most {
            return Err(format!("the key is longer than {most} bytes"));
        }
        if Key::new(key).is_err() {
            return Err(format!(
                "'{key}' is not a key: a key takes 1 to {most} bytes of UTF-8 without white space or \
                 control characters, and is not `*`"
            ));
        }
        let put = format!("put k {value} 0");
        let Ok(Request::Put { sample, .. }) = parse_request(put.as_bytes()) else {
            return Err(format!("'{value}' is not a value"));
        };
        let timestamp = timestamp.unwrap_or_else(|| now(self.unit));
        let sample = Sample::new(sample.value(), timestamp);
        sample.map(|sample| (key.to_owned(), sample)).map_err(|error| error.to_string())
    }
}

const NO_OBJECT: &str = "a line is one object such as {\"key\": \"palm.cpu\", \"value\": 23.7}, not an array or another value";

/// A line of JSON. Its numbers are read by the grammar of the native protocol, which is exact.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Object<'a> {
    key: String,
    #[serde(borrow)]
    value: &'a RawValue,
    #[serde(borrow)]
    timestamp: Option<&'a RawValue>,
}

fn integer(text: &str) -> Result<i64, String> {
    let put = format!("put k 0 {text}");
    match parse_request(put.as_bytes()) {
        Ok(Request::Put { sample, .. }) => Ok(sample.timestamp()),
        _ => Err(format!("'{text}' is not a timestamp")),
    }
}

#[cfg(test)]
mod tests {
    use metric_query::TimeUnit;
    use proptest::prelude::*;

    use super::*;

    /// Reads a body; shows each row as a line.
    fn read(form: Form, body: &str) -> Vec<String> {
        let rows = |size: usize| {
            let mut rows = Rows::new(form, TimeUnit::Seconds, Limits::DESKTOP);
            let mut read: Vec<_> =
                body.as_bytes().chunks(size).flat_map(|piece| rows.read(piece)).collect();
            read.extend(rows.finish());
            let show = |row: Row| match row.sample {
                Ok((key, sample)) => {
                    format!("{}: {key} {:?} {}", row.line, sample.value(), sample.timestamp())
                }
                Err(error) => format!("{}: {error}", row.line),
            };
            read.into_iter().map(show).collect::<Vec<_>>()
        };
        assert_eq!(rows(1), rows(body.len().max(1)));
        rows(7)
    }

    #[test]
    fn native_lines_are_samples_or_puts() {
        let body =
            "k 1 2\nput k 1.5e3 -7\r\n\nput 1 2\nk x 1\nk 1 1.5\nk  1 1\nk 1 2 3\nk nan 1\n\tk 1 1";
        assert_eq!(
            read(Form::Native, body),
            [
                "1: k 1.0 2",
                "2: k 1500.0 -7",
                "4: put 1.0 2",
                "5: 'x' is not a value",
                "6: '1.5' is not a timestamp",
                "7: a line is KEY VALUE TIMESTAMP, with one blank between two of them",
                "8: a line is KEY VALUE TIMESTAMP, with one blank between two of them",
                "9: 'nan' is not a value",
                "10: '\tk' is not a key: a key takes 1 to 255 bytes of UTF-8 without white space or \
                 control characters, and is not `*`",
            ]
        );
    }

    #[test]
    fn json_lines_are_exact() {
        let body = concat!(
            r#"{"key": "a\u00e4\"", "value": 0.1, "timestamp": 9007199254740993}"#,
            "\n",
            r#"{"timestamp": "2006-06-21T04:30:47Z", "value": -0.0, "key": "b"}"#,
            "\n",
            r#"{"key": "b", "value": "1", "timestamp": 1}"#,
            "\n",
            r#"{"key": "b", "value": 1, "timestamp": 1, "x": 1}"#,
            "\n",
            r#"{"key": "b", "value": 1, "timestamp": 1.5}"#,
            "\n",
            r#"[1]"#,
        );
        let rows = read(Form::Json, body);
        assert_eq!(rows[..2], ["1: a\u{e4}\" 0.1 9007199254740993", "2: b -0.0 1150864247"]);
        assert_eq!(rows[2], "3: '\"1\"' is not a value");
        let told = "4: unknown field `x`, expected one of `key`, `value`, `timestamp` at column ";
        assert!(rows[3].starts_with(told), "{}", rows[3]);
        assert_eq!(rows[4], "5: '1.5' is not a timestamp");
        assert_eq!(rows[5..], [format!("6: {NO_OBJECT}")]);
    }

    #[test]
    fn csv_is_read_by_its_header() {
        let body = "\u{feff}timestamp,key,\"value\"\r\n1,\"a,\"\"b\"\"\",2.5\n1,a\n1,\"a,2\n,a,1\n2006-06-21T04:30:47+02:00,z,1\n";
        assert_eq!(
            read(Form::Csv, body),
            [
                "2: a,\"b\" 2.5 1",
                "3: the line has 2 fields, and the header 3",
                "4: a quotation mark has no partner",
                "5: '' is not a timestamp",
                "6: z 1.0 1150857047",
            ]
        );
        let error = "1: 'key,time' does not name the columns key, value and timestamp, each once";
        assert_eq!(read(Form::Csv, "key,time\n"), [error]);
        assert!(read(Form::Csv, "key,value\n").is_empty());
        assert_eq!(read(Form::Csv, "key,value\nk,1\n").len(), 1);
    }

    /// A line, and its sample: the key and the bits of the value, and the timestamp.
    type Shown = (u64, Result<(String, i64), String>);

    /// Reads a body that comes in pieces of these sizes, again and again.
    fn cut(form: Form, body: &[u8], sizes: &[usize]) -> Vec<Shown> {
        let mut rows = Rows::new(form, TimeUnit::Seconds, Limits::DESKTOP);
        let (mut read, mut rest) = (Vec::new(), body);
        for size in sizes.iter().cycle() {
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            read.extend(rows.read(piece));
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        read.extend(rows.finish());
        let sample = |(key, sample): (String, Sample)| {
            (format!("{key} {:x}", sample.value().to_bits()), sample.timestamp())
        };
        read.into_iter().map(|row| (row.line, row.sample.map(sample))).collect()
    }

    /// Bodies that are nearly right.
    fn bodies() -> impl Strategy<Value = Vec<u8>> {
        let words = prop::sample::select(WORDS).prop_map(|word| word.as_bytes().to_vec());
        let piece = prop_oneof![8 => words, 1 => prop::collection::vec(any::<u8>(), 0..4)];
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    const WORDS: &[&str] = &[
        "k",
        "put",
        " ",
        " ",
        "\n",
        "\n",
        "\r\n",
        "1",
        "-7",
        "0.1",
        "1e9",
        "nan",
        "inf",
        "+1",
        "\t",
        "9223372036854775808",
        "key,value,timestamp\n",
        "key,value\n",
        ",",
        ",",
        "\"",
        "\"\"",
        "{\"key\": \"k\", \"value\": 1}",
        "{\"key\": ",
        "\"value\":",
        "\"timestamp\": ",
        "}",
        "[",
        "2006-06-21T04:30:47Z",
        "\u{feff}",
        "\u{e4}",
        "\u{1f980}",
    ];

    proptest! {
        #[test]
        fn a_body_has_the_same_rows_however_it_is_cut(
            body in bodies(),
            sizes in prop::collection::vec(1_usize..20, 1..5),
        ) {
            for form in [Form::Native, Form::Json, Form::Csv] {
                let (whole, cut) = (cut(form, &body, &[usize::MAX]), cut(form, &body, &sizes));
                let timed = |rows: &[Shown]| -> Vec<_> {
                    // What has no timestamp is of now, which goes on.
                    let near = |time: i64| if time > 1_500_000_000 { 0 } else { time };
                    let row = |(line, row): &Shown| {
                        (*line, row.clone().map(|(text, time)| (text, near(time))))
                    };
                    rows.iter().map(row).collect()
                };
                prop_assert_eq!(timed(&whole), timed(&cut));
            }
        }

        #[test]
        fn a_line_with_a_timestamp_is_taken_exactly_if_the_native_protocol_takes_it(
            line in bodies().prop_map(|body| body.split(|&byte| byte == b'\n').next().unwrap_or_default().to_vec()),
        ) {
            let put = if line.starts_with(b"put ") { line.clone() } else { [b"put ", &line[..]].concat() };
            let native = match parse_request(put.strip_suffix(b"\r").unwrap_or(&put)) {
                Ok(Request::Put { key, sample }) => {
                    Some((format!("{} {:x}", key.as_str(), sample.value().to_bits()), sample.timestamp()))
                }
                _ => None,
            };
            let fields = line.split(|&byte| byte == b' ').count();
            let is_put = line.starts_with(b"put ");
            if fields == if is_put { 4 } else { 3 } {
                let rows = cut(Form::Native, &line, &[usize::MAX]);
                prop_assert_eq!(rows.first().and_then(|(_, row)| row.clone().ok()), native);
            }
        }
    }
}
