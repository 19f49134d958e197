//! A change of a store, as a record in flash.
//!
//! ```text
//! kind u8 | number u16 | timestamp i64 ^ MASK | value f64 | key
//! ```
//!
//! Numbers are little-endian. Each record has the number after that of the one before it, so a gap
//! tells of records that were lost.

use heapless::Vec;
use metric_proto::{Key, Sample};

/// A change of a store.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Change<'a> {
    Put(Key<'a>, Sample),
    Remove(Key<'a>),
}

/// Returns the bytes of the longest record of keys of up to `key` bytes, for flash that is written
/// in words of `word` bytes.
#[must_use]
pub const fn longest_record(key: usize, word: usize) -> usize {
    (HEAD + key).next_multiple_of(word)
}

impl<'a> Change<'a> {
    /// Returns the record of a change, without its number. Returns `None` if it has no room.
    pub(crate) fn encode<const RECORD: usize>(self) -> Option<Vec<u8, RECORD>> {
        let (kind, key, timestamp, value) = match self {
            Self::Put(key, sample) => (PUT, key, sample.timestamp(), sample.value()),
            Self::Remove(key) => (REMOVE, key, 0, 0.0),
        };
        let mut record = Vec::new();
        record.extend_from_slice(&[kind, 0, 0]).ok()?;
        record.extend_from_slice(&(timestamp ^ MASK).to_le_bytes()).ok()?;
        record.extend_from_slice(&value.to_le_bytes()).ok()?;
        record.extend_from_slice(key.as_bytes()).ok()?;
        Some(record)
    }

    /// Returns the number and the change of a record. Returns `None` if it is of another kind.
    pub(crate) fn decode(record: &'a [u8]) -> Option<(u16, Self)> {
        let (&[kind, low, high], rest) = record.split_first_chunk()?;
        let (&timestamp, rest) = rest.split_first_chunk()?;
        let (&value, key) = rest.split_first_chunk()?;
        let key = Key::from_bytes(key).ok()?;
        let timestamp = i64::from_le_bytes(timestamp) ^ MASK;
        let sample = Sample::new(f64::from_le_bytes(value), timestamp);
        let change = match kind {
            PUT => Self::Put(key, sample.ok()?),
            REMOVE => Self::Remove(key),
            _ => return None,
        };
        Some((u16::from_le_bytes([low, high]), change))
    }
}

/// Writes the number of a record into it.
pub(crate) fn set_number(record: &mut [u8], number: u16) {
    if let Some(place) = record.get_mut(1..3) {
        place.copy_from_slice(&number.to_le_bytes());
    }
}

/// What precedes the key.
pub(crate) const HEAD: usize = 1 + 2 + 8 + 8;

/// Timestamps near 0 and below are not runs of ones then, which look like blank flash. When the header
/// of a record is damaged, the search for the next one begins within the record, and would end there.
const MASK: i64 = 0x5555_5555_5555_5555;

/// Kinds of records.
const PUT: u8 = 1;
const REMOVE: u8 = 2;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_decoded() {
        let key = Key::new("a.b").unwrap();
        for (value, timestamp) in [(23.7, 1), (-0.0, i64::MIN), (f64::MAX, i64::MAX)] {
            let put = Change::Put(key, Sample::new(value, timestamp).unwrap());
            for change in [put, Change::Remove(key)] {
                let mut record = change.encode::<22>().unwrap();
                set_number(&mut record, 0xfedc);
                assert_eq!(Change::decode(&record), Some((0xfedc, change)));
            }
            assert_eq!(put.encode::<21>(), None);
        }
    }

    #[test]
    fn bytes_that_are_no_record_are_none() {
        let sample = Sample::new(1.0, 1).unwrap();
        let record = Change::Put(Key::new("a").unwrap(), sample).encode::<20>().unwrap();
        for length in 0..record.len() {
            assert_eq!(Change::decode(&record[..length]), None);
        }
        for (place, byte) in [(0, 0), (0, 3), (0, 255), (19, b' '), (18, 0x7f)] {
            let mut other = record.clone();
            other[place] = byte;
            if place == 18 {
                other[17] = 0xf0; // infinite
            }
            assert_eq!(Change::decode(&other), None, "{place}");
        }
    }
}
