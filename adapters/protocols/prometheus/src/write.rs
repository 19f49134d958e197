//! The samples of a request of remote write 1.0.

use metric_proto::{Key, LONGEST_KEY, Sample};
use metric_query::{InvalidLabels, TimeUnit, encode_labels};

use crate::outcome::Outcome;
use crate::proto::{Broken, Fields};
use crate::time::from_milliseconds;

/// Reads the samples of a request one by one. It borrows the request, and allocates for the list of
/// labels only.
///
/// ```text
/// WriteRequest { 1: TimeSeries { 1: Label { 1: name, 2: value }
///                                2: Sample { 1: value, 2: milliseconds }
///                                4: Histogram } }
/// ```
#[derive(Debug)]
pub struct Writes<'a> {
    request: Fields<'a>,
    /// What is left of the series.
    series: Fields<'a>,
    labels: Vec<(&'a str, &'a str)>,
    key: [u8; LONGEST_KEY],
    /// The length of the key, or why there is none.
    length: Result<usize, Outcome>,
    /// The time of the last sample of the series.
    last: Option<i64>,
    longest_key: usize,
    unit: TimeUnit,
    merged: u64,
}

/// A sample, or why it is not stored.
pub type Item = Result<Sample, Outcome>;

/// More labels than this do not fit any key: each takes four bytes at least.
const LABELS: usize = LONGEST_KEY / 4;

/// A mark behind the last sample of a series that has ended.
pub const STALE: u64 = 0x7ff0_0000_0000_0002;

impl<'a> Writes<'a> {
    /// Begins to read a request.
    #[must_use]
    pub fn new(request: &'a [u8], longest_key: usize, unit: TimeUnit) -> Self {
        Self {
            request: Fields::of(request),
            series: Fields::default(),
            labels: Vec::new(),
            key: [0; LONGEST_KEY],
            length: Err(Outcome::Labels),
            last: None,
            longest_key: longest_key.min(LONGEST_KEY),
            unit,
            merged: 0,
        }
    }

    /// Returns the next sample.
    ///
    /// # Errors
    ///
    /// If the rest of the request cannot be read.
    pub fn next_sample(&mut self) -> Result<Option<Item>, Broken> {
        loop {
            while let Some((field, value)) = self.series.next()? {
                match field {
                    2 => return Ok(Some(self.sample(Fields::of(value.bytes()?))?)),
                    4 => return Ok(Some(Err(Outcome::Histogram))),
                    _ => {}
                }
            }
            let Some((field, value)) = self.request.next()? else { return Ok(None) };
            if field == 1 {
                self.begin(value.bytes()?)?;
            }
        }
    }

    /// Returns the key of the sample that was returned last.
    #[must_use]
    pub fn key(&self) -> Option<Key<'_>> {
        Key::from_bytes(self.key.get(..self.length.ok()?)?).ok()
    }

    /// Returns the name and the labels of the sample that was returned last.
    pub fn labels(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.labels.iter().copied()
    }

    /// Returns how many samples replace the one before them, whose time falls on the same timestamp.
    #[must_use]
    pub fn merged(&self) -> u64 {
        self.merged
    }

    fn begin(&mut self, series: &'a [u8]) -> Result<(), Broken> {
        (self.series, self.last) = (Fields::default(), None);
        self.labels.clear();
        let (mut fields, mut rest) = (Fields::of(series), None);
        loop {
            let before = fields;
            let Some((field, value)) = fields.next()? else { break };
            if field != 1 {
                rest.get_or_insert(before);
                continue;
            }
            let label = label(value.bytes()?)?;
            // Prometheus takes a label without a value for none.
            if self.labels.len() <= LABELS && !label.1.is_empty() {
                self.labels.push(label);
            }
        }
        // Labels come first, so they need not be passed over again.
        self.series = rest.unwrap_or_default();
        self.length = self.encode();
        Ok(())
    }

    /// Writes the key of the labels; returns its length.
    fn encode(&mut self) -> Result<usize, Outcome> {
        if self.labels.len() > LABELS {
            return Err(Outcome::KeyTooLong);
        }
        self.labels.sort_unstable();
        let mut names = self.labels.iter().filter(|(label, _)| *label == NAME);
        let (Some((_, name)), None) = (names.next(), names.next()) else {
            return Err(Outcome::Labels);
        };
        let tags = self.labels.iter().copied().filter(|(label, _)| *label != NAME);
        match encode_labels(name, tags, &mut self.key[..self.longest_key]) {
            Ok(key) => Ok(key.as_bytes().len()),
            Err(InvalidLabels::TooLong) => Err(Outcome::KeyTooLong),
            Err(InvalidLabels::Empty | InvalidLabels::Unsorted) => Err(Outcome::Labels),
        }
    }

    fn sample(&mut self, mut fields: Fields<'_>) -> Result<Item, Broken> {
        let (mut number, mut time) = (0.0, 0);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => number = value.double()?,
                2 => time = value.integer()?,
                _ => {}
            }
        }
        Ok(self.checked(number, time))
    }

    fn checked(&mut self, number: f64, time: i64) -> Item {
        if number.to_bits() == STALE {
            return Err(Outcome::Stale);
        } else if number.is_nan() {
            return Err(Outcome::NotANumber);
        }
        self.length?;
        let timestamp = from_milliseconds(time, self.unit).ok_or(Outcome::Time)?;
        let sample = Sample::new(number, timestamp).map_err(|_| Outcome::Infinite)?;
        self.merged += u64::from(self.last == Some(timestamp));
        self.last = Some(timestamp);
        Ok(sample)
    }
}

/// The label that is the name of a series.
pub(crate) const NAME: &str = "__name__";

pub(crate) fn label(label: &[u8]) -> Result<(&str, &str), Broken> {
    let (mut name, mut text) = ("", "");
    let mut fields = Fields::of(label);
    while let Some((field, value)) = fields.next()? {
        match field {
            1 => name = value.text()?,
            2 => text = value.text()?,
            _ => {}
        }
    }
    Ok((name, text))
}

#[cfg(test)]
mod tests;
