//! What a line is expected to be, and what another line looks like.

use serde::de::IgnoredAny;

use super::columns::is_name;
use super::lines::Line;
use super::reader::{Missing, Reader, without_mark};
use crate::format::Format;
use crate::time::Unit;

const TEXT: &str = "it looks like KEY VALUE TIMESTAMP; --format text reads that";
const CSV: &str = "it looks like CSV; --format csv reads that";
const NAMED: &str = "it seems to name columns, which lines of text do not have: they are KEY VALUE TIMESTAMP; commas \
                     between the fields make CSV of it, whose columns may have any order";
const LINES: &str = "it looks like JSON; --format jsonl reads that, one object per line";
const ARRAY: &str = "it looks like a JSON array; `jq -c '.[]'` makes lines of it, which --format \
                     jsonl reads";
const OBJECT: &str = "it looks like a JSON object of several lines; `jq -c .` makes one line of it, \
                      which --format jsonl reads";

/// What a reader expects of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected {
    pub(super) format: Format,
    pub(super) unit: Unit,
    pub(super) missing: Missing,
}

impl Expected {
    /// Returns what a line that is not in this format looks like, and what to do about it.
    pub(super) fn other(self, line: &[u8]) -> Option<&'static str> {
        let line = without_mark(line).trim_ascii();
        let is = |format| self.format != format && self.is_in(format, line);
        match line {
            b"{" => Some(OBJECT),
            b"[" | [b'[', b'{', ..] => Some(ARRAY),
            [b'[', ..] if is_json(line) => Some(ARRAY),
            [b'{', ..] if self.format == Format::Jsonl => None,
            [b'{', b'"' | b' ', ..] => Some(LINES),
            _ if is(Format::Csv) => Some(CSV),
            _ if is(Format::Text) => Some(TEXT),
            _ if self.format != Format::Csv && is_table(line) => Some(CSV),
            _ if self.format == Format::Text && has_names(line) => Some(NAMED),
            _ => None,
        }
    }

    /// Returns what to write in a line.
    pub(super) fn line(self) -> &'static str {
        match (self.format, self.missing) {
            (Format::Text, Missing::Now) => "KEY VALUE [TIMESTAMP]",
            (Format::Text, Missing::Fault) => "KEY VALUE TIMESTAMP",
            (Format::Csv, Missing::Now) => "KEY,VALUE[,TIMESTAMP]",
            (Format::Csv, Missing::Fault) => "KEY,VALUE,TIMESTAMP",
            (Format::Jsonl, _) => r#"{"key": "KEY", "value": VALUE, "timestamp": TIMESTAMP}"#,
        }
    }

    /// Returns whether the end of a line may be missing. A single one for `put`, as `printf` writes it, needs no line
    /// end, and an object has an end of its own.
    pub(super) fn may_be_cut(self, line: Line<'_>) -> bool {
        let is_single = self.missing == Missing::Now && line.number == 1;
        !line.has_end && !is_single && self.format != Format::Jsonl
    }

    fn is_in(self, format: Format, line: &[u8]) -> bool {
        Reader::new(format, self.unit, self.missing).read(line).is_ok()
    }
}

fn is_json(line: &[u8]) -> bool {
    serde_json::from_slice::<IgnoredAny>(line).is_ok()
}

/// Returns whether a line has separators of a table, and none of text. It may be one that is
/// refused as CSV, which then says what is wrong with it.
fn is_table(line: &[u8]) -> bool {
    let has_separator = line.iter().any(|byte| b",;".contains(byte));
    has_separator && !line.iter().any(u8::is_ascii_whitespace)
}

/// Returns whether the words of a line are names of columns. What follows may be in their order, not in that of text.
fn has_names(line: &[u8]) -> bool {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.clone().count() > 1 && words.any(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_another_format_is_recognised_and_other_lines_are_not() {
        let of = |format, line: &str| {
            let expected = Expected { format, unit: Unit::Second, missing: Missing::Fault };
            expected.other(line.as_bytes())
        };
        let object = r#"{"key":"k","value":1,"timestamp":2}"#;
        for (line, [text, csv, jsonl]) in [
            ("k,1,2", [Some(CSV), None, Some(CSV)]),
            ("palm.cpu, 23, 1150864247", [Some(CSV), None, Some(CSV)]),
            ("\u{feff}key,value,timestamp", [Some(CSV), None, Some(CSV)]),
            ("name,time,value", [Some(CSV), None, Some(CSV)]),
            ("key;value;timestamp", [Some(CSV), None, Some(CSV)]),
            ("k 1 2", [None, Some(TEXT), Some(TEXT)]),
            ("k 1 2006-06-21 04:30:47 UTC", [None, Some(TEXT), Some(TEXT)]),
            (object, [Some(LINES), Some(LINES), None]),
            (r#"{"metric":"k"}"#, [Some(LINES), Some(LINES), None]),
            ("{", [Some(OBJECT); 3]),
            ("[", [Some(ARRAY); 3]),
            (&format!("[{object},"), [Some(ARRAY); 3]),
            ("[ 1, 2 ]", [Some(ARRAY); 3]),
            ("[]", [Some(ARRAY); 3]),
            (&format!("  {object},"), [Some(LINES), Some(LINES), None]),
            (r#"{"key":"k","value":nan}"#, [Some(LINES), Some(LINES), None]),
            ("metric timestamp value", [Some(NAMED), None, None]),
            ("Time\tpalm.cpu", [Some(NAMED), None, None]),
            ("value", [None; 3]),
            ("palm.cpu 23,7 1150864247", [None; 3]),
            ("palm.cpu 23,7", [None; 3]),
            ("palm.cpu", [None; 3]),
            ("a b c d", [None; 3]),
        ] {
            let guesses = [Format::Text, Format::Csv, Format::Jsonl].map(|format| of(format, line));
            assert_eq!(guesses, [text, csv, jsonl], "{line}");
        }
    }
}
