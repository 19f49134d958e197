//! Chunks of samples, compressed as Prometheus does: each time as the change of the distance to the
//! one before, each value as the bits that differ from the one before.

use crate::proto::{Broken, put_varint};

/// The most samples of a chunk.
pub const CHUNK: usize = 120;

/// A chunk that is being written.
///
/// ```text
/// number of samples (16 bits), time (zigzag varint), value (64 bits),
/// distance (varint), value, then for each sample: change of the distance, value
/// ```
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    bytes: Vec<u8>,
    /// The unused bits of the last byte.
    free: u32,
    samples: usize,
    first: i64,
    time: i64,
    distance: u64,
    value: u64,
    /// The leading and trailing zeros of the last difference that was written with them.
    zeros: Option<(u32, u32)>,
}

/// How many bits a change of the distance takes, with what stands before them.
const CHANGES: [(u32, u64, u32); 3] = [(14, 0b10, 2), (17, 0b110, 3), (20, 0b1110, 4)];

impl Chunk {
    /// Appends a sample, unless there are [`CHUNK`]; returns whether it did. Times are in
    /// milliseconds.
    pub fn push(&mut self, time: i64, value: f64) -> bool {
        if self.is_full() {
            return false;
        }
        let value = value.to_bits();
        let distance = time.wrapping_sub(self.time) as u64;
        match self.samples {
            0 => self.begin(time, value),
            1 => {
                put_varint(&mut self.bytes, distance);
                self.put_value(value);
            }
            _ => {
                self.put_change(distance.wrapping_sub(self.distance) as i64);
                self.put_value(value);
            }
        }
        (self.time, self.value) = (time, value);
        self.distance = if self.samples == 0 { 0 } else { distance };
        self.samples += 1;
        self.bytes[1] = self.samples as u8;
        true
    }

    /// Returns the time of the first and of the last sample.
    #[must_use]
    pub fn span(&self) -> (i64, i64) {
        (self.first, self.time)
    }

    /// Whether it has [`CHUNK`] samples.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.samples == CHUNK
    }

    /// Whether it has no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.samples == 0
    }

    /// Returns its bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Removes all samples.
    pub fn clear(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        *self = Self { bytes, ..Self::default() };
    }

    fn begin(&mut self, time: i64, value: u64) {
        self.first = time;
        self.bytes.extend([0, 0]);
        put_varint(&mut self.bytes, (time << 1 ^ time >> 63) as u64);
        self.bytes.extend(value.to_be_bytes());
    }

    fn put_change(&mut self, change: i64) {
        if change == 0 {
            return self.put(0, 1);
        }
        let fits = |bits: u32| (-(1 << (bits - 1)) + 1..=1 << (bits - 1)).contains(&change);
        let (bits, head, length) =
            CHANGES.into_iter().find(|(bits, ..)| fits(*bits)).unwrap_or((64, 0b1111, 4));
        self.put(head, length);
        self.put(change as u64, bits);
    }

    fn put_value(&mut self, value: u64) {
        let difference = value ^ self.value;
        if difference == 0 {
            return self.put(0, 1);
        }
        // The number of leading zeros has five bits.
        let zeros = (difference.leading_zeros().min(31), difference.trailing_zeros());
        match self.zeros {
            Some(last) if zeros.0 >= last.0 && zeros.1 >= last.1 => {
                self.put(0b10, 2);
                self.put(difference >> last.1, 64 - last.0 - last.1);
            }
            _ => {
                let bits = 64 - zeros.0 - zeros.1;
                self.put(0b11, 2);
                self.put(zeros.0.into(), 5);
                // 64 does not fit and is written as 0, which no difference takes.
                self.put(u64::from(bits) & 63, 6);
                self.put(difference >> zeros.1, bits);
                self.zeros = Some(zeros);
            }
        }
    }

    /// Appends the lowest bits of a number.
    fn put(&mut self, number: u64, mut bits: u32) {
        while bits > 0 {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            let taken = bits.min(self.free);
            bits -= taken;
            self.free -= taken;
            let piece = (number >> bits) as u8 & (0xff >> (8 - taken));
            if let Some(last) = self.bytes.last_mut() {
                *last |= piece << self.free;
            }
        }
    }
}

/// Reads the samples of a chunk, with their times in milliseconds.
///
/// # Errors
///
/// If it ends early.
pub fn read_chunk(chunk: &[u8]) -> Result<Vec<(i64, f64)>, Broken> {
    let (number, rest) = chunk.split_first_chunk().ok_or(Broken)?;
    let mut bits = Bits { bytes: rest, used: 0 };
    let (mut samples, mut zeros) = (Vec::new(), (0, 0));
    let (mut time, mut distance, mut value) = (0_i64, 0_u64, 0_u64);
    for index in 0..u16::from_be_bytes(*number) {
        match index {
            0 => {
                let zigzag = bits.varint()?;
                time = (zigzag >> 1) as i64 ^ -((zigzag & 1) as i64);
                value = bits.take(64)?;
            }
            _ => {
                distance =
                    if index == 1 { bits.varint()? } else { distance.wrapping_add(bits.change()?) };
                time = time.wrapping_add(distance as i64);
                value ^= bits.difference(&mut zeros)?;
            }
        }
        samples.push((time, f64::from_bits(value)));
    }
    Ok(samples)
}

struct Bits<'a> {
    bytes: &'a [u8],
    used: usize,
}

impl Bits<'_> {
    fn take(&mut self, bits: u32) -> Result<u64, Broken> {
        let mut number = 0;
        for _ in 0..bits {
            let byte = self.bytes.get(self.used / 8).ok_or(Broken)?;
            number = number << 1 | u64::from(byte >> (7 - self.used % 8) & 1);
            self.used += 1;
        }
        Ok(number)
    }

    fn varint(&mut self) -> Result<u64, Broken> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.take(8)?;
            number |= (byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Broken)
    }

    fn change(&mut self) -> Result<u64, Broken> {
        let mut ones = 0;
        while ones < 4 && self.take(1)? == 1 {
            ones += 1;
        }
        match ones {
            0 => Ok(0),
            4 => self.take(64),
            _ => {
                let (bits, ..) = CHANGES[ones - 1];
                let number = self.take(bits)?;
                let is_negative = number > 1 << (bits - 1);
                Ok(number.wrapping_sub(if is_negative { 1 << bits } else { 0 }))
            }
        }
    }

    fn difference(&mut self, zeros: &mut (u32, u32)) -> Result<u64, Broken> {
        if self.take(1)? == 0 {
            return Ok(0);
        }
        if self.take(1)? == 1 {
            let (leading, bits) = (self.take(5)? as u32, self.take(6)? as u32);
            let bits = if bits == 0 { 64 } else { bits };
            *zeros = (leading, (64_u32).checked_sub(leading + bits).ok_or(Broken)?);
        }
        Ok(self.take(64 - zeros.0 - zeros.1)? << zeros.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    type Samples<'a> = &'a [(i64, f64)];

    fn chunk(samples: &[(i64, f64)]) -> Chunk {
        let mut chunk = Chunk::default();
        assert!(samples.iter().all(|(time, value)| chunk.push(*time, *value)));
        chunk
    }

    fn bits(samples: &[(i64, f64)]) -> Vec<(i64, u64)> {
        samples.iter().map(|(time, value)| (*time, value.to_bits())).collect()
    }

    #[test]
    fn a_chunk_has_the_bytes_of_the_format() {
        let cases: [(Samples<'_>, &[u8]); 2] = [
            (&[(1_000, 1.0)], b"\0\x01\xd0\x0f\x3f\xf0\0\0\0\0\0\0"),
            (&[(0, 0.0), (15, 0.0), (30, 0.0)], b"\0\x03\0\0\0\0\0\0\0\0\0\x0f\0"),
        ];
        for (samples, bytes) in cases {
            assert_eq!(chunk(samples).as_bytes(), bytes);
        }
    }

    #[test]
    fn a_full_chunk_takes_no_more_samples() {
        let mut chunk = chunk(&[(5, 1.0); CHUNK]);
        assert!(!chunk.push(6, 1.0));
        assert_eq!((chunk.span(), chunk.is_empty()), ((5, 5), false));
        chunk.clear();
        assert!(chunk.is_empty() && chunk.push(7, 1.0) && chunk.span() == (7, 7));
    }

    #[test]
    fn each_change_of_the_distance_reads_back_at_its_bounds() {
        for bits in [14, 17, 20] {
            for change in [(1 << (bits - 1)) - 1, 1 << (bits - 1), (1 << (bits - 1)) + 1] {
                for change in [change, -change] {
                    let samples = [(0, 1.0), (10, 1.0), (20 + change, -0.0), (30, 2.0)];
                    assert_eq!(read_chunk(chunk(&samples).as_bytes()), Ok(samples.to_vec()));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn a_chunk_reads_back(
            samples in vec((prop_oneof![-9_000_i64..9_000, any::<i64>()], prop_oneof![any::<f64>(), (0..5).prop_map(f64::from)]), 1..CHUNK),
            cut: prop::sample::Index,
        ) {
            let chunk = chunk(&samples);
            prop_assert_eq!(bits(&read_chunk(chunk.as_bytes()).unwrap()), bits(&samples));
            let front = &chunk.as_bytes()[..cut.index(chunk.as_bytes().len())];
            prop_assert_eq!(read_chunk(front).err(), Some(Broken));
        }

        #[test]
        fn no_bytes_are_too_strange_to_read(bytes in vec(any::<u8>(), 0..60)) {
            let _ = read_chunk(&bytes);
        }
    }
}
