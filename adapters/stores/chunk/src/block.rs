//! Blocks of integers, each integer in as many bits as the largest of its block needs.
//!
//! ```text
//! block = width (1 byte), then that many bits for each of up to 32 integers, low bits first
//! ```

use alloc::vec::Vec;

use crate::DecodeError;

/// The maximum number of integers in a block: few, so that an outlier costs bits only nearby.
pub(crate) const BLOCK: usize = 32;

/// Appends a block of up to [`BLOCK`] integers.
pub(crate) fn encode(integers: &[u64], bytes: &mut Vec<u8>) {
    let all_bits = integers.iter().fold(0, |bits, integer| bits | integer);
    let width = u64::BITS - all_bits.leading_zeros();
    bytes.push(width as u8);
    let (mut pending, mut count) = (0u128, 0);
    for &integer in integers {
        pending |= u128::from(integer) << count;
        count += width;
        if count >= u64::BITS {
            bytes.extend((pending as u64).to_le_bytes());
            pending >>= u64::BITS;
            count -= u64::BITS;
        }
    }
    bytes.extend(pending.to_le_bytes().iter().take(count.div_ceil(8) as usize));
}

/// Decodes a block of `integers.len()` integers; returns the bytes after it.
pub(crate) fn decode<'a>(bytes: &'a [u8], integers: &mut [u64]) -> Result<&'a [u8], DecodeError> {
    let (&width, bytes) = bytes.split_first().ok_or(DecodeError::Truncated)?;
    if u32::from(width) > u64::BITS {
        return Err(DecodeError::Inconsistent);
    }
    let width = usize::from(width);
    let length = (width * integers.len()).div_ceil(8);
    let rest = bytes.get(length..).ok_or(DecodeError::Truncated)?;
    if width == 0 {
        // As are most blocks of steps.
        integers.fill(0);
        return Ok(rest);
    }
    let mask = u64::MAX >> (u64::BITS as usize - width);
    // An integer of so few bits lies in eight bytes, wherever in the first one it begins.
    if width <= 57 {
        unpack(integers, width, |at, bit| load(bytes, at, u64::from_le_bytes) >> bit & mask);
    } else {
        unpack(integers, width, |at, bit| {
            (load(bytes, at, u128::from_le_bytes) >> bit) as u64 & mask
        });
    }
    Ok(rest)
}

/// Calls `integer` with the byte in which each integer begins, and the bit in that.
#[inline(always)]
fn unpack(integers: &mut [u64], width: usize, integer: impl Fn(usize, usize) -> u64) {
    for (place, unpacked) in integers.iter_mut().enumerate() {
        let bit = place * width;
        *unpacked = integer(bit / 8, bit % 8);
    }
}

/// Returns the bytes from a place on as one integer, padded with zeros. Mostly no byte is missing,
/// since other blocks follow.
#[inline(always)]
fn load<T, const N: usize>(bytes: &[u8], at: usize, integer: fn([u8; N]) -> T) -> T {
    let bytes = bytes.get(at..).unwrap_or_default();
    if let Some(whole) = bytes.first_chunk() {
        return integer(*whole);
    }
    let mut padded = [0; N];
    padded.iter_mut().zip(bytes).for_each(|(place, &byte)| *place = byte);
    integer(padded)
}

/// Maps integers near 0 to small ones: 0, -1, 1, -2, 2 to 0, 1, 2, 3, 4.
pub(crate) const fn zigzag(integer: i64) -> u64 {
    ((integer << 1) ^ (integer >> 63)) as u64
}

/// The inverse of [`zigzag`].
pub(crate) const fn unzigzag(integer: u64) -> i64 {
    (integer >> 1) as i64 ^ -((integer & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;

    #[test]
    fn what_was_encoded_is_decoded_and_the_rest_left() {
        for width in 0..=64 {
            for count in [1, 2, 31, 32] {
                let mask = u64::MAX.checked_shr(64 - width).unwrap_or(0);
                let integer = |place: u64| place.wrapping_mul(0x9e37_79b9_7f4a_7c15) & mask;
                let integers: Vec<_> = (1..=count).map(integer).collect();
                let mut bytes = Vec::new();
                encode(&integers, &mut bytes);
                bytes.extend(b"rest");
                let mut decoded = vec![0; integers.len()];
                assert_eq!(decode(&bytes, &mut decoded), Ok(&b"rest"[..]), "{width} {count}");
                assert_eq!(decoded, integers, "{width}");
            }
        }
    }

    #[test]
    fn a_leap_costs_bits_only_in_its_block() {
        let (mut integers, mut bytes) = ([1; 96], Vec::new());
        integers[40] = u64::MAX;
        integers.chunks(BLOCK).for_each(|block| encode(block, &mut bytes));
        assert_eq!(bytes.len(), (1 + 4) + (1 + 32 * 8) + (1 + 4));
    }

    #[test]
    fn what_is_cut_or_too_wide_is_no_block() {
        let mut bytes = Vec::new();
        encode(&[5, 6, 7], &mut bytes);
        for end in 0..bytes.len() {
            assert_eq!(decode(&bytes[..end], &mut [0; 3]), Err(DecodeError::Truncated));
        }
        assert_eq!(decode(&[65, 0, 0, 0], &mut [0; 3]), Err(DecodeError::Inconsistent));
    }

    #[test]
    fn zigzag_makes_small_what_is_near_0_and_loses_nothing() {
        assert_eq!([0, -1, 1, -2, 2].map(zigzag), [0, 1, 2, 3, 4]);
        for integer in [0, 1, -1, i64::MAX, i64::MIN] {
            assert_eq!(unzigzag(zigzag(integer)), integer);
        }
    }
}
