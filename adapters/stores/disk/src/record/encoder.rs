//! Writes records.

use metric_proto::{Key, Sample};

use super::{Before, DECIMALS, DOUBLE, KEY, PLACES, POWERS, PUT, REMOVE, Record, STEPS, zigzag};

/// Encodes the records of a frame. Each frame has its own encoder.
#[derive(Clone, Debug, Default)]
pub struct Encoder {
    before: Before,
}

/// A decimal of this or more might take fewer bytes with fewer decimal places.
const LONG: u64 = 1 << 32;

impl Encoder {
    /// Appends a record.
    pub fn append(&mut self, buffer: &mut Vec<u8>, record: Record<'_>) {
        match record {
            Record::Key { series, key } => self.key(buffer, series, key),
            Record::Put { series, sample } => self.put(buffer, series, sample),
            Record::Remove { series } => self.remove(buffer, series),
        }
    }

    /// Appends that a series has a number.
    pub fn key(&mut self, buffer: &mut Vec<u8>, series: u32, key: Key<'_>) {
        self.append_tag(buffer, KEY, series, self.before.timestamp);
        buffer.extend((key.as_bytes().len() as u16).to_le_bytes());
        buffer.extend(key.as_bytes());
    }

    /// Appends that a sample was stored.
    #[inline]
    pub fn put(&mut self, buffer: &mut Vec<u8>, series: u32, sample: Sample) {
        let is_next = series == self.before.next && sample.timestamp() == self.before.timestamp;
        match decimal(sample.value(), self.before.places) {
            Some(bits) if bits < LONG && is_next => {
                let length = length(bits);
                append(buffer, (bits << 8 | length as u64).to_le_bytes(), 1 + length);
                self.before.next = series.wrapping_add(1);
            }
            Some(bits) if bits < LONG => self.put_step(buffer, series, sample.timestamp(), bits),
            same => self.put_any(buffer, series, sample, same),
        }
    }

    /// Appends a put with a short value and other steps than usual: all of it at once.
    #[inline]
    fn put_step(&mut self, buffer: &mut Vec<u8>, series: u32, timestamp: i64, value: u64) {
        let (head, head_length, step, step_length) =
            self.steps(PUT | length(value) as u8, series, timestamp);
        let mut bytes = [0; 24];
        let mut end = 0;
        for (integer, length) in [(head, head_length), (step, step_length), (value, length(value))]
        {
            if let Some(room) = bytes.get_mut(end..end + 8) {
                room.copy_from_slice(&integer.to_le_bytes());
            }
            end += length;
        }
        append(buffer, bytes, end);
        (self.before.next, self.before.timestamp) = (series.wrapping_add(1), timestamp);
    }

    /// Appends that a series was removed.
    pub fn remove(&mut self, buffer: &mut Vec<u8>, series: u32) {
        self.append_tag(buffer, REMOVE, series, self.before.timestamp);
        self.before.next = series.wrapping_add(1);
    }

    #[inline(never)]
    fn put_any(&mut self, buffer: &mut Vec<u8>, series: u32, sample: Sample, same: Option<u64>) {
        let Value { places, bits, length } = self.choose(sample.value(), same);
        let tag = PUT | length as u8;
        if places == self.before.places {
            self.append_tag(buffer, tag, series, sample.timestamp());
        } else {
            self.append_tag(buffer, tag | PLACES, series, sample.timestamp());
            buffer.push(places);
        }
        append(buffer, bits.to_le_bytes(), length);
        self.before =
            Before { next: series.wrapping_add(1), timestamp: sample.timestamp(), places };
    }

    /// Appends a tag, and the steps to a series and a timestamp if there are any.
    #[inline]
    fn append_tag(&self, buffer: &mut Vec<u8>, tag: u8, series: u32, timestamp: i64) {
        if series == self.before.next && timestamp == self.before.timestamp {
            return buffer.push(tag);
        }
        let (head, head_length, step, step_length) = self.steps(tag, series, timestamp);
        append(buffer, head.to_le_bytes(), head_length);
        append(buffer, step.to_le_bytes(), step_length);
    }

    /// Returns a tag with the steps to a series and a timestamp: the tag, the lengths of the steps and
    /// the step to the series as one integer, and the step to the timestamp, each with its length.
    #[inline]
    fn steps(&self, tag: u8, series: u32, timestamp: i64) -> (u64, usize, u64, usize) {
        let series = zigzag(i64::from(series.wrapping_sub(self.before.next) as i32));
        let timestamp = zigzag(timestamp.wrapping_sub(self.before.timestamp));
        let (short, long) = (length(series), length(timestamp));
        let lengths = (long << 4 | short) as u64;
        let head = u64::from(tag | STEPS) | lengths << 8 | series << 16;
        (head, 2 + short, timestamp, long)
    }

    /// Chooses the decimal places with which a value takes the fewest bytes. Other places than before
    /// take a byte themselves. `same` is the decimal with the places before.
    fn choose(&self, value: f64, same: Option<u64>) -> Value {
        let places = self.before.places;
        let same = same.filter(|&bits| bits < DECIMALS).map(|bits| Value::decimal(places, bits));
        if let Some(short) = same.filter(|same| same.bits < LONG) {
            return short;
        }
        match (same, fewest_places(value)) {
            (Some(same), Some(fewest)) if same.length <= fewest.length + 1 => same,
            (_, Some(fewest)) => fewest,
            (_, None) => Value { places, bits: value.to_bits(), length: DOUBLE },
        }
    }
}

/// Returns the decimal with the fewest places that is exactly this value, if there is one.
///
/// A value that is exact with some places is exact with more. So most doubles take one try.
fn fewest_places(value: f64) -> Option<Value> {
    let try_places = |places| Some(Value::decimal(places, decimal(value, places)?));
    let most = try_places(most_places(value)?)?;
    (0..most.places).find_map(try_places).or(Some(most))
}

/// Returns the most decimal places with which a value is in the bounds of decimals.
fn most_places(value: f64) -> Option<u8> {
    let exponent = (value.abs().to_bits() >> 52) as i32 - 1023;
    let places = ((50 - exponent) * LOG_2) >> 8;
    u8::try_from(places.min(POWERS.len() as i32 - 1)).ok()
}

/// The decimal digits of 256 bits.
const LOG_2: i32 = 77;

/// A value as it is written.
#[derive(Clone, Copy)]
struct Value {
    places: u8,
    bits: u64,
    length: usize,
}

impl Value {
    fn decimal(places: u8, bits: u64) -> Self {
        Self { places, bits, length: length(bits) }
    }
}

/// Returns the integer that gives exactly this value when divided by the power of ten, if there is one.
#[inline]
fn decimal(value: f64, places: u8) -> Option<u64> {
    let power = POWERS[usize::from(places)];
    let integer = (value * power + ROUND).to_bits().wrapping_sub(ROUND.to_bits()) as i64;
    let is_exact = (integer as f64 / power).to_bits() == value.to_bits();
    is_exact.then_some(zigzag(integer))
}

/// A double of this size has no bits for fractions. So adding it rounds, and the bits count integers.
const ROUND: f64 = 1.5 * (1_u64 << 52) as f64;

/// Returns the number of bytes of an integer without its leading zeros.
const fn length(integer: u64) -> usize {
    8 - integer.leading_zeros() as usize / 8
}

/// Appends the first bytes of an array. A fixed number of bytes is faster to copy.
#[inline]
fn append<const N: usize>(buffer: &mut Vec<u8>, bytes: [u8; N], length: usize) {
    let end = buffer.len() + length;
    buffer.extend_from_slice(&bytes);
    buffer.truncate(end);
}
