//! Integers in as few bits as the largest of their neighbours needs.
//!
//! ```text
//! run  = width of each (1 byte), then so many bits for each of up to 32 integers, low bits first
//! list = runs, all of 32 integers but the last
//! ```

/// How many integers share a width: few, so that a leap costs bits only nearby.
const RUN: usize = 32;

/// Appends a list.
pub(crate) fn pack(values: &[u64], bytes: &mut Vec<u8>) {
    for run in values.chunks(RUN) {
        let all_bits = run.iter().fold(0, |bits, value| bits | value);
        let width = u64::BITS - all_bits.leading_zeros();
        bytes.push(width as u8);
        pack_run(run, width, bytes);
    }
}

fn pack_run(run: &[u64], width: u32, bytes: &mut Vec<u8>) {
    let (mut pending, mut count) = (0u128, 0);
    for &value in run {
        pending |= u128::from(value) << count;
        count += width;
        if count >= u64::BITS {
            bytes.extend((pending as u64).to_le_bytes());
            pending >>= u64::BITS;
            count -= u64::BITS;
        }
    }
    bytes.extend(&pending.to_le_bytes()[..count.div_ceil(8) as usize]);
}

/// Reads a list of as many integers as there is room for; returns what stands behind it.
pub(crate) fn unpack<'a>(mut bytes: &'a [u8], values: &mut [u64]) -> &'a [u8] {
    for run in values.chunks_mut(RUN) {
        let width = usize::from(bytes[0]);
        let (packed, rest) = bytes[1..].split_at((width * run.len()).div_ceil(8));
        unpack_run(packed, width, run);
        bytes = rest;
    }
    bytes
}

fn unpack_run(packed: &[u8], width: usize, run: &mut [u64]) {
    let mask = u64::MAX.checked_shr(u64::BITS - width as u32).unwrap_or(0);
    for (place, value) in run.iter_mut().enumerate() {
        let bit = place * width;
        *value = (load(&packed[bit / 8..]) >> (bit % 8)) as u64 & mask;
    }
}

/// The first 16 bytes as one integer, with zeros for what is missing.
fn load(bytes: &[u8]) -> u128 {
    if let Some(whole) = bytes.first_chunk() {
        return u128::from_le_bytes(*whole);
    }
    let mut padded = [0; 16];
    padded[..bytes.len()].copy_from_slice(bytes);
    u128::from_le_bytes(padded)
}

/// Maps integers near 0 to small ones: 0, -1, 1, -2, 2 to 0, 1, 2, 3, 4.
pub(crate) const fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// The integer that [`zigzag`] has mapped.
pub(crate) const fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_packed_is_unpacked_and_the_rest_left() {
        for width in 0..=64 {
            for count in [1, 31, 32, 33, 100] {
                let mask = u64::MAX.checked_shr(64 - width).unwrap_or(0);
                let value = |place: u64| place.wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask;
                let values: Vec<_> = (1..=count).map(value).collect();
                let mut bytes = Vec::new();
                pack(&values, &mut bytes);
                bytes.extend(b"rest");
                let mut unpacked = vec![0; values.len()];
                assert_eq!(unpack(&bytes, &mut unpacked), b"rest", "{width} {count}");
                assert_eq!(unpacked, values, "{width}");
            }
        }
    }

    #[test]
    fn a_leap_costs_bits_only_in_its_run() {
        let (mut values, mut bytes) = ([1; 96], Vec::new());
        values[40] = u64::MAX;
        pack(&values, &mut bytes);
        assert_eq!(bytes.len(), (1 + 4) + (1 + 32 * 8) + (1 + 4));
    }

    #[test]
    fn zigzag_makes_small_what_is_near_0_and_loses_nothing() {
        assert_eq!([0, -1, 1, -2, 2].map(zigzag), [0, 1, 2, 3, 4]);
        for value in [0, 1, -1, i64::MAX, i64::MIN] {
            assert_eq!(unzigzag(zigzag(value)), value);
        }
    }
}
