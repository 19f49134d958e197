//! The records of a log. Most puts take a byte and the bytes of their value.
//!
//! A record refers to those before it in its frame: see `Before`. FORMAT.md shows the bytes.

mod decoder;
mod encoder;
#[cfg(test)]
mod tests;

use metric_proto::{Key, LONGEST_KEY, Sample};

pub use decoder::{Decoder, Malformed};
pub use encoder::Encoder;

/// What happened to a series. Each series has a number, which holds within a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// Defines the number of a series, before any other record has it.
    Key {
        /// The number.
        series: u32,
        /// The key of the series.
        key: Key<'a>,
    },
    /// A sample was stored.
    Put {
        /// The number of the series.
        series: u32,
        /// The sample.
        sample: Sample,
    },
    /// The series was removed with all its samples.
    Remove {
        /// The number of the series.
        series: u32,
    },
}

/// The maximum length of a record: of one with the longest key.
pub const MAX_RECORD: usize = 1 + 1 + 4 + 2 + LONGEST_KEY;

/// What a record refers to. A frame begins with zeros.
#[derive(Clone, Copy, Debug, Default)]
struct Before {
    /// One more than the series of the last put or removal. A key does not count, since the first
    /// put of its series follows.
    next: u32,
    /// The timestamp of the last put.
    timestamp: i64,
    /// The decimal places of the last value that was written as a decimal.
    places: u8,
}

/// The kinds of records: a tag is a kind and flags. A put has the length of its value in the low bits.
const PUT: u8 = 0x00;
const KEY: u8 = 0x40;
const REMOVE: u8 = 0x80;

/// The flag of a record whose series or timestamp is not as expected. The steps to them follow.
const STEPS: u8 = 0x20;

/// The flag of a put with another number of decimal places. The number follows.
const PLACES: u8 = 0x10;

/// The length of a value that is a double. A decimal is shorter.
const DOUBLE: usize = 8;

/// A decimal with its sign is less than this. Doubles represent it exactly, so only the division by a
/// power of ten rounds.
const DECIMALS: u64 = 1 << 52;

/// The powers of ten of the decimal places.
const POWERS: [f64; 13] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];

/// Maps integers near 0 to small ones: 0, -1, 1, -2, 2 to 0, 1, 2, 3, 4.
const fn zigzag(integer: i64) -> u64 {
    ((integer << 1) ^ (integer >> 63)) as u64
}

/// The inverse of [`zigzag`].
const fn unzigzag(integer: u64) -> i64 {
    (integer >> 1) as i64 ^ -((integer & 1) as i64)
}
