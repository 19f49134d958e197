//! Writes samples as a table for people: a heading for each series, a line for each sample.
//!
//! Column widths are fixed in advance, so samples are written as they arrive.

use std::io::{self, Write};

use clap::builder::styling::Style;
use metric_proto::{Key, Sample};

use super::listing::Listing;
use super::rows::{LONGEST_LINE, texts};
use super::text;
use crate::time::Clock;

/// A listing as a table.
pub(crate) struct Table<W> {
    output: W,
    clock: Clock,
    /// The key of the series being written; empty before the first.
    key: String,
}

const HEADING: Style = Style::new().bold();

/// The width of a time without decimals, in most zones.
const A_TIME: usize = 24;

/// The width of a value up to its decimal point.
const WHOLE: usize = 8;

impl<W: Write> Table<W> {
    pub(crate) fn new(output: W, clock: Clock) -> Self {
        Self { output, clock, key: String::new() }
    }

    fn heading(&mut self, key: Key<'_>) -> io::Result<()> {
        if !self.key.is_empty() {
            writeln!(self.output)?;
        }
        key.as_str().clone_into(&mut self.key);
        writeln!(self.output, "{HEADING}{}{HEADING:#}", text::visible(key.as_str()))
    }
}

impl<W: Write> Listing for Table<W> {
    fn add(&mut self, key: Key<'_>, sample: Sample) -> io::Result<()> {
        if key.as_str() != self.key {
            self.heading(key)?;
        }
        let mut line = [0; LONGEST_LINE];
        let [value, timestamp] = texts(key, sample, &mut line)?;
        let time = self.clock.for_people(sample.timestamp());
        let time = time.as_deref().unwrap_or(timestamp);
        let (whole, fraction) = value.split_at(value.find('.').unwrap_or(value.len()));
        let width = A_TIME + self.clock.unit().decimals();
        writeln!(self.output, "  {time:<width$} {whole:>WHOLE$}{fraction}")
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_series_has_a_heading_and_decimal_points_are_aligned() {
        let mut table = Table::new(Vec::new(), Clock::UTC);
        for (key, value, timestamp) in [
            ("a", 23.7, 0),
            ("a", -1000.25, 86_400),
            ("b", 1e300, 7),
            ("b", 0.5, i64::MIN),
            ("c\u{202e}", 2.0, 0),
        ] {
            let sample = Sample::new(value, timestamp).unwrap();
            table.add(Key::new(key).unwrap(), sample).unwrap();
        }
        let expected = "\
\u{1b}[1ma\u{1b}[0m
  1970-01-01 00:00:00 UTC        23.7
  1970-01-02 00:00:00 UTC     -1000.25

\u{1b}[1mb\u{1b}[0m
  1970-01-01 00:00:07 UTC    1e+300
  -9223372036854775808            0.5

\u{1b}[1mc\\u{202e}\u{1b}[0m
  1970-01-01 00:00:00 UTC         2.0
";
        assert_eq!(String::from_utf8(table.output).unwrap(), expected);
    }
}
