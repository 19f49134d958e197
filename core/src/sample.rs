//! A sample, and the text `key SP value SP timestamp` that stands for one in puts and replies.

use core::fmt;

use nom::character::complete::char;
use nom::{IResult, Parser};

use crate::key::{Key, key};
use crate::number::{Digits, timestamp, value, write_numbers};
use crate::output::{Output, OutputFull};

/// A value at a time.
///
/// The value is finite. The sender chooses the timestamp; the protocol gives it no unit, but most
/// programs count seconds since 1970. Two samples are equal if they are written as the same text, so
/// `0.0` and `-0.0` differ.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Sample {
    timestamp: i64,
    value: f64,
}

impl Sample {
    /// A sample of `value` at `timestamp`.
    ///
    /// # Errors
    ///
    /// [`NotFinite`] if the value is infinite or not a number, which the protocol does not have.
    pub const fn new(value: f64, timestamp: i64) -> Result<Self, NotFinite> {
        if value.is_finite() { Ok(Self { timestamp, value }) } else { Err(NotFinite) }
    }

    /// The value.
    #[must_use]
    pub const fn value(self) -> f64 {
        self.value
    }

    /// The timestamp.
    #[must_use]
    pub const fn timestamp(self) -> i64 {
        self.timestamp
    }
}

impl PartialEq for Sample {
    fn eq(&self, other: &Self) -> bool {
        self.timestamp == other.timestamp && self.value.to_bits() == other.value.to_bits()
    }
}

impl Eq for Sample {}

/// A value that is infinite or not a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct NotFinite;

impl fmt::Display for NotFinite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value must be a finite number")
    }
}

impl core::error::Error for NotFinite {}

/// `key SP value SP timestamp`.
pub(crate) fn key_and_sample(input: &[u8]) -> IResult<&[u8], (Key<'_>, Sample), ()> {
    let (rest, (key, _, value, _, timestamp)) =
        (key, char(' '), value, char(' '), timestamp).parse(input)?;
    Ok((rest, (key, Sample { timestamp, value })))
}

/// Writes `before key SP value SP timestamp LF`, whole or not at all, if `spare` bytes stay free.
#[inline]
pub(crate) fn write_line(
    output: &mut Output<'_>,
    before: &[u8],
    (key, sample): (Key<'_>, Sample),
    spare: usize,
) -> Result<(), OutputFull> {
    // The numbers are written in place if there is room for any. Smaller processors have none for that code.
    if cfg!(target_pointer_width = "64") {
        let numbers = |place: &mut _| write_numbers(sample.value, sample.timestamp, place);
        if output.append_in_place([before, key.as_bytes()], numbers, spare).is_ok() {
            return Ok(());
        }
    }
    write_line_exactly(output, before, (key, sample), spare)
}

fn write_line_exactly(
    output: &mut Output<'_>,
    before: &[u8],
    (key, sample): (Key<'_>, Sample),
    spare: usize,
) -> Result<(), OutputFull> {
    let mut digits = Digits::new();
    let (value, timestamp) = digits.write(sample.value, sample.timestamp);
    output.append([before, key.as_bytes(), b" ", value, b" ", timestamp, b"\n"], spare)
}
