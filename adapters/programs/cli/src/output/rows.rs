//! Writes samples as lines for programs.

use std::io::{self, BufWriter, Write};

use csv_core::{QuoteStyle, Writer, WriterBuilder};
use metric_proto::{Key, LONGEST_KEY, Limits, Sample, write_sample};

use super::listing::Listing;
use crate::format::{Format, MARK, NAMES};
use crate::time::Clock;

/// A listing in one of the formats. Numbers are written as in the protocol and read back to the
/// same bits.
pub(crate) struct Rows<W: Write> {
    output: BufWriter<W>,
    format: Format,
    clock: Clock,
    csv: Writer,
    quoting: Writer,
}

/// The longest sample line that any server sends.
pub(crate) const LONGEST_LINE: usize = Limits::WIDEST.sample_line();

/// The number of bytes written at once.
const BUFFER: usize = 64 * 1024;

impl<W: Write> Rows<W> {
    pub(crate) fn begin(output: W, format: Format, clock: Clock) -> io::Result<Self> {
        let mut output = BufWriter::with_capacity(BUFFER, output);
        if format == Format::Csv {
            writeln!(output, "{}", NAMES.join(","))?;
        }
        let quoting = WriterBuilder::new().quote_style(QuoteStyle::Always).build();
        Ok(Self { output, format, clock, csv: Writer::new(), quoting })
    }

    /// Writes what is buffered. Returns the output.
    pub(crate) fn finish(self) -> io::Result<W> {
        Ok(self.output.into_inner()?)
    }

    fn write(&mut self, key: Key<'_>, [value, timestamp]: [&str; 2]) -> io::Result<()> {
        let output = &mut self.output;
        match self.format {
            Format::Text => {
                let mark = if begins_with_mark(key) { MARK } else { "" };
                writeln!(output, "{mark}{key} {value} {timestamp}")
            }
            Format::Csv => {
                let csv = if begins_with_mark(key) { &mut self.quoting } else { &mut self.csv };
                write_csv(csv, key, output)?;
                writeln!(output, "{value},{timestamp}")
            }
            Format::Jsonl => {
                output.write_all(b"{\"key\":")?;
                serde_json::to_writer(&mut *output, key.as_str())?;
                writeln!(output, ",\"value\":{value},\"timestamp\":{timestamp}}}")
            }
        }
    }

    fn quoted(&self, time: String) -> String {
        if self.format == Format::Jsonl { format!("\"{time}\"") } else { time }
    }
}

impl<W: Write> Listing for Rows<W> {
    fn add(&mut self, key: Key<'_>, sample: Sample) -> io::Result<()> {
        let mut line = [0; LONGEST_LINE];
        let texts = texts(key, sample, &mut line)?;
        match self.clock.for_programs(sample.timestamp()) {
            None => self.write(key, texts),
            Some(time) => self.write(key, [texts[0], &self.quoted(time)]),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Returns the value and the timestamp as the protocol writes them.
pub(crate) fn texts<'l>(
    key: Key<'_>,
    sample: Sample,
    line: &'l mut [u8; LONGEST_LINE],
) -> io::Result<[&'l str; 2]> {
    let length = write_sample(key, sample, line).map_err(io::Error::other)?;
    let line = line.get(..length).and_then(|line| str::from_utf8(line).ok()).unwrap_or_default();
    let mut fields = line.trim_end().rsplit(' ');
    let [timestamp, value] = [(); 2].map(|()| fields.next().unwrap_or_default());
    Ok([value, timestamp])
}

/// Returns whether a key would be read without its first character.
fn begins_with_mark(key: Key<'_>) -> bool {
    key.as_str().starts_with(MARK)
}

/// Writes the key and a comma. A key of quotation marks only takes twice its length and three bytes
/// more.
fn write_csv(csv: &mut Writer, key: Key<'_>, output: &mut impl Write) -> io::Result<()> {
    let mut text = [0; 2 * LONGEST_KEY + 3];
    let (_, _, length) = csv.field(key.as_bytes(), &mut text);
    let (_, end) = csv.delimiter(text.get_mut(length..).unwrap_or_default());
    output.write_all(text.get(..length + end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(format: Format, clock: Clock, samples: &[(&str, f64, i64)]) -> String {
        let mut rows = Rows::begin(Vec::new(), format, clock).unwrap();
        for &(key, value, timestamp) in samples {
            let sample = Sample::new(value, timestamp).unwrap();
            rows.add(Key::new(key).unwrap(), sample).unwrap();
        }
        String::from_utf8(rows.output.into_inner().unwrap()).unwrap()
    }

    #[test]
    fn samples_are_written_in_each_format() {
        let samples = [("a\"b,é", -0.0, i64::MIN), ("k", 1e300, 1_150_864_247)];
        let text = "a\"b,é -0.0 -9223372036854775808\nk 1e+300 1150864247\n";
        assert_eq!(rows(Format::Text, Clock::NUMBERS, &samples), text);
        let csv = "key,value,timestamp\n\
                   \"a\"\"b,é\",-0.0,-9223372036854775808\nk,1e+300,1150864247\n";
        assert_eq!(rows(Format::Csv, Clock::NUMBERS, &samples), csv);
        let json = "{\"key\":\"a\\\"b,é\",\"value\":-0.0,\"timestamp\":-9223372036854775808}\n\
                    {\"key\":\"k\",\"value\":1e+300,\"timestamp\":1150864247}\n";
        assert_eq!(rows(Format::Jsonl, Clock::NUMBERS, &samples), json);
    }

    #[test]
    fn a_time_within_the_calendar_is_written_as_text() {
        let samples = [("k", 1.0, 1_150_864_247), ("k", 1.0, i64::MAX)];
        let text = "k 1.0 2006-06-21T04:30:47+00:00\nk 1.0 9223372036854775807\n";
        assert_eq!(rows(Format::Text, Clock::UTC, &samples), text);
        let json = "{\"key\":\"k\",\"value\":1.0,\"timestamp\":\"2006-06-21T04:30:47+00:00\"}\n\
                    {\"key\":\"k\",\"value\":1.0,\"timestamp\":9223372036854775807}\n";
        assert_eq!(rows(Format::Jsonl, Clock::UTC, &samples), json);
    }

    #[test]
    fn a_key_of_quotation_marks_only_fits() {
        let key = "\"".repeat(LONGEST_KEY);
        let line = format!("\"{}\",1.0,2\n", key.repeat(2));
        let csv = rows(Format::Csv, Clock::NUMBERS, &[(&key, 1.0, 2)]);
        assert_eq!(csv, "key,value,timestamp\n".to_owned() + &line);
    }
}
