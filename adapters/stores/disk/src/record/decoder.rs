//! Reads records.

use std::fmt;

use metric_proto::{Key, Sample};

use super::{Before, DECIMALS, DOUBLE, KEY, PLACES, POWERS, REMOVE, Record, STEPS, unzigzag};

/// Decodes the records of a frame. Each frame has its own decoder.
#[derive(Clone, Debug, Default)]
pub struct Decoder {
    before: Before,
}

/// Bytes that are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record of the log is malformed")
    }
}

impl std::error::Error for Malformed {}

impl Decoder {
    /// Decodes the record at the beginning of `bytes`, and leaves what follows it there. Returns
    /// `None` if there are no bytes.
    ///
    /// Whether the number of the series has been defined is not checked.
    ///
    /// # Errors
    ///
    /// [`Malformed`] if the bytes are no record. Records after that one cannot be decoded.
    #[inline]
    pub fn next<'a>(&mut self, bytes: &mut &'a [u8]) -> Result<Option<Record<'a>>, Malformed> {
        let Some(&tag) = bytes.split_off_first() else { return Ok(None) };
        let series = if tag & STEPS == 0 { self.before.next } else { self.step(bytes)? };
        let record = match tag & !STEPS {
            KEY => return Ok(Some(Record::Key { series, key: key(bytes)? })),
            REMOVE => Record::Remove { series },
            tag => Record::Put { series, sample: self.sample(tag, bytes)? },
        };
        self.before.next = series.wrapping_add(1);
        Ok(Some(record))
    }

    /// Goes a step to another timestamp; returns the series of the record.
    fn step(&mut self, bytes: &mut &[u8]) -> Result<u32, Malformed> {
        let lengths = *bytes.split_off_first().ok_or(Malformed)?;
        let series = u32::try_from(integer(bytes, lengths & 15)?).map_err(|_| Malformed)?;
        let timestamp = integer(bytes, lengths >> 4)?;
        self.before.timestamp = self.before.timestamp.wrapping_add(unzigzag(timestamp));
        Ok(self.before.next.wrapping_add(unzigzag(series.into()) as u32))
    }

    /// Decodes the sample of a put. A tag that is none has too large a length.
    fn sample(&mut self, tag: u8, bytes: &mut &[u8]) -> Result<Sample, Malformed> {
        if tag & PLACES != 0 {
            self.before.places = *bytes.split_off_first().ok_or(Malformed)?;
        }
        let power = POWERS.get(usize::from(self.before.places)).ok_or(Malformed)?;
        let length = tag & !PLACES;
        let value = match integer(bytes, length)? {
            bits if usize::from(length) == DOUBLE => f64::from_bits(bits),
            decimal if decimal < DECIMALS => unzigzag(decimal) as f64 / power,
            _ => return Err(Malformed),
        };
        Sample::new(value, self.before.timestamp).map_err(|_| Malformed)
    }
}

fn key<'a>(bytes: &mut &'a [u8]) -> Result<Key<'a>, Malformed> {
    let length = integer(bytes, 2)? as usize;
    let name = bytes.split_off(..length).ok_or(Malformed)?;
    Key::from_bytes(name).map_err(|_| Malformed)
}

/// Takes an integer of up to eight bytes.
#[inline]
fn integer(bytes: &mut &[u8], length: u8) -> Result<u64, Malformed> {
    let all = *bytes;
    bytes.split_off(..usize::from(length)).ok_or(Malformed)?;
    let unused = 64_u32.checked_sub(8 * u32::from(length)).ok_or(Malformed)?;
    Ok(load(all) & u64::MAX.checked_shr(unused).unwrap_or(0))
}

/// Returns the first eight bytes, padded with zeros. Mostly none is missing, since other records
/// follow.
#[inline]
fn load(bytes: &[u8]) -> u64 {
    if let Some(whole) = bytes.first_chunk() {
        return u64::from_le_bytes(*whole);
    }
    let mut padded = [0; 8];
    padded.iter_mut().zip(bytes).for_each(|(place, &byte)| *place = byte);
    u64::from_le_bytes(padded)
}
