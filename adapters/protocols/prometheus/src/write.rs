//! The samples of a request of remote write 1.0.

use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::fast::RandomState;
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
    part: Part<'a>,
    labels: Vec<(&'a str, &'a str)>,
    has_long_label: bool,
    key: [u8; LONGEST_KEY],
    /// The length of the key, or why there is none.
    length: Result<usize, Outcome>,
    /// The hash of the key, if there is one.
    hash: Option<u64>,
    /// The time of the last sample of the series.
    last: Option<i64>,
    /// That of all series, by the hashes of their keys: Prometheus sends the samples of one series
    /// apart from each other.
    times: HashMap<u64, i64, RandomState>,
    hasher: RandomState,
    longest_key: usize,
    unit: TimeUnit,
    merged: u64,
}

/// What is read of a request, with what is left of the series. Labels may stand behind samples, so a
/// series is read for its labels first.
///
/// ```text
/// Between ── a series ──▶ Labels ── its end ──▶ Samples ── its end ──▶ Between
/// ```
#[derive(Clone, Copy, Debug)]
enum Part<'a> {
    Between,
    Labels { series: Fields<'a>, samples: Option<Fields<'a>> },
    Samples(Fields<'a>),
}

/// How far a request was read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Progress {
    Item(Item),
    /// As many fields were read as were allowed.
    Paused,
    Done,
}

/// A sample, or why it is not stored.
pub type Item = Result<Sample, Outcome>;

/// More labels than this do not fit any key: each takes four bytes at least.
const LABELS: usize = LONGEST_KEY / 4;

/// A longer label fits no key, and is not looked at.
const LABEL: usize = 2 * LONGEST_KEY;

/// The times of so many series are kept: of further ones, which no sender has in a request, it is not
/// counted that samples fall together.
const SERIES: usize = 4 * 1024;

/// A longer sample is none: its value and its time take 20 bytes.
const SAMPLE: usize = 1_024;

/// A mark behind the last sample of a series that has ended.
pub const STALE: u64 = 0x7ff0_0000_0000_0002;

impl<'a> Writes<'a> {
    /// Begins to read a request.
    #[must_use]
    pub fn new(request: &'a [u8], longest_key: usize, unit: TimeUnit) -> Self {
        Self {
            request: Fields::of(request),
            part: Part::Between,
            labels: Vec::new(),
            has_long_label: false,
            key: [0; LONGEST_KEY],
            length: Err(Outcome::Labels),
            hash: None,
            last: None,
            times: HashMap::default(),
            hasher: RandomState::default(),
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
        match self.advance(&mut { usize::MAX })? {
            Progress::Item(item) => Ok(Some(item)),
            Progress::Paused | Progress::Done => Ok(None),
        }
    }

    /// Goes on to the next sample, for `fields` at most: a body may have millions without a sample.
    pub(crate) fn advance(&mut self, fields: &mut usize) -> Result<Progress, Broken> {
        while let Some(left) = fields.checked_sub(1) {
            *fields = left;
            if let Some(progress) = self.step()? {
                return Ok(progress);
            }
        }
        Ok(Progress::Paused)
    }

    /// Reads a field.
    fn step(&mut self) -> Result<Option<Progress>, Broken> {
        match &mut self.part {
            Part::Between => match self.request.next()? {
                Some((1, value)) => self.begin(value.bytes()?),
                Some(_) => {}
                None => return Ok(Some(Progress::Done)),
            },
            Part::Labels { series, samples } => {
                let before = *series;
                match series.next()? {
                    Some((1, value)) => self.label(value.bytes()?)?,
                    // Labels come first, so they need not be passed over again.
                    Some(_) => _ = samples.get_or_insert(before),
                    None => {
                        self.part = Part::Samples(samples.unwrap_or_default());
                        self.length = self.encode();
                        self.hash = self.hash();
                        self.last = self.hash.and_then(|hash| self.times.get(&hash).copied());
                    }
                }
            }
            Part::Samples(series) => match series.next()? {
                Some((2, value)) => return self.sample(value.bytes()?).map(Some),
                Some((4, _)) => return Ok(Some(Progress::Item(Err(Outcome::Histogram)))),
                Some(_) => {}
                None => {
                    self.part = Part::Between;
                    self.keep_last();
                }
            },
        }
        Ok(None)
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

    fn begin(&mut self, series: &'a [u8]) {
        self.part = Part::Labels { series: Fields::of(series), samples: None };
        self.has_long_label = false;
        self.labels.clear();
    }

    fn label(&mut self, message: &'a [u8]) -> Result<(), Broken> {
        if message.len() > LABEL {
            self.has_long_label = true;
            return Ok(());
        }
        let label = label(message)?;
        // Prometheus takes a label without a value for none.
        if self.labels.len() <= LABELS && !label.1.is_empty() {
            self.labels.push(label);
        }
        Ok(())
    }

    /// Writes the key of the labels; returns its length.
    fn encode(&mut self) -> Result<usize, Outcome> {
        if self.has_long_label || self.labels.len() > LABELS {
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

    /// Returns the hash of the key, if there is one.
    fn hash(&self) -> Option<u64> {
        self.key.get(..self.length.ok()?).map(|key| self.hasher.hash_one(key))
    }

    /// Keeps the time of the last sample for when the series comes again.
    fn keep_last(&mut self) {
        if let (Some(hash), Some(last)) = (self.hash, self.last)
            && (self.times.len() < SERIES || self.times.contains_key(&hash))
        {
            self.times.insert(hash, last);
        }
    }

    fn sample(&mut self, message: &[u8]) -> Result<Progress, Broken> {
        if message.len() > SAMPLE {
            return Err(Broken);
        }
        let (mut fields, mut number, mut time) = (Fields::of(message), 0.0, 0);
        while let Some((field, value)) = fields.next()? {
            match field {
                1 => number = value.double()?,
                2 => time = value.integer()?,
                _ => {}
            }
        }
        Ok(Progress::Item(self.checked(number, time)))
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
    usual_label(label).map_or_else(|| any_label(label), Ok)
}

fn any_label(label: &[u8]) -> Result<(&str, &str), Broken> {
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

/// Reads a label as senders write it: a name and then a value, each with a length of one byte. Then its
/// heads are text, too, so that all of it is checked at once. Most of the time of a request goes here.
fn usual_label(label: &[u8]) -> Option<(&str, &str)> {
    let (&[0x0a, name @ ..0x80], _) = label.split_first_chunk()? else { return None };
    let end = 2 + usize::from(name);
    let (&[0x12, value @ ..0x80], text) = label.get(end..)?.split_first_chunk()? else {
        return None;
    };
    if text.len() != usize::from(value) {
        return None;
    }
    let label = std::str::from_utf8(label).ok()?;
    Some((label.get(2..end)?, label.get(end + 2..)?))
}

#[cfg(test)]
mod tests;
