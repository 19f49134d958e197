//! The forms of a reply.

use crate::writer::Writer;

/// The form of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// The format.
    pub format: Format,
    /// How JSON has times.
    pub times: Times,
}

/// The format of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// One object of JSON.
    Json,
    /// CSV with a header.
    Csv,
    /// The lines of the native protocol, `KEY VALUE TIMESTAMP`, for those replies that consist of
    /// samples. Others are CSV then.
    Lines,
    /// The text format of Prometheus, for [`Last`](crate::Last): a gauge whose label `key` is the key
    /// of the series, without timestamps. Others are CSV then.
    Prometheus,
}

/// How JSON has times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Times {
    /// As integers of 64 bits.
    Integers,
    /// As strings of integers, for readers whose numbers are doubles.
    Text,
}

impl Style {
    /// JSON with integers.
    pub const JSON: Self = Self { format: Format::Json, times: Times::Integers };
    /// CSV.
    pub const CSV: Self = Self { format: Format::Csv, times: Times::Integers };
    /// Lines of the native protocol.
    pub const LINES: Self = Self { format: Format::Lines, times: Times::Integers };
    /// The text format of Prometheus.
    pub const PROMETHEUS: Self = Self { format: Format::Prometheus, times: Times::Integers };

    /// Has CSV in the place of lines.
    pub(crate) fn without_lines(self) -> Self {
        if self.format == Format::Json { self } else { Self::CSV }
    }

    /// Has CSV in the place of gauges.
    pub(crate) const fn without_gauges(self) -> Self {
        if matches!(self.format, Format::Prometheus) { Self::CSV } else { self }
    }

    /// What separates the fields of a line.
    pub(crate) fn separator(self) -> &'static [u8] {
        if self.format == Format::Lines { b" " } else { b"," }
    }

    /// Writes a time of JSON.
    pub(crate) fn time(self, out: &mut Writer<'_>, time: i64) {
        out.put(self.quote());
        out.integer(time);
        out.put(self.quote());
    }

    /// Writes a length of time of JSON, which may be longer than any time.
    pub(crate) fn length(self, out: &mut Writer<'_>, length: u64) {
        out.put(self.quote());
        out.natural(length);
        out.put(self.quote());
    }

    /// What stands before and behind a time of JSON.
    pub(crate) fn quote(self) -> &'static [u8] {
        match self.times {
            Times::Integers => b"",
            Times::Text => b"\"",
        }
    }

    /// Writes a key, and what separates it from the next field.
    pub(crate) fn key(self, out: &mut Writer<'_>, key: &[u8]) {
        match self.format {
            Format::Json => out.json(key),
            Format::Csv | Format::Prometheus => out.csv(key),
            Format::Lines => out.put(key),
        }
    }
}
