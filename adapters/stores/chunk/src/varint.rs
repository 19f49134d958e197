//! Integers in as many bytes as they need, seven bits in each.

use alloc::vec::Vec;

use crate::DecodeError;

/// Appends an integer: the low bits first; the high bit of a byte says that another one follows.
pub(crate) fn put(mut integer: u64, bytes: &mut Vec<u8>) {
    while integer >= MORE {
        bytes.push((integer | MORE) as u8);
        integer >>= BITS;
    }
    bytes.push(integer as u8);
}

/// Takes what [`put`] wrote from the front of the bytes.
pub(crate) fn take(bytes: &mut &[u8]) -> Result<u64, DecodeError> {
    let (mut integer, mut shift) = (0, 0);
    loop {
        let (&byte, rest) = bytes.split_first().ok_or(DecodeError::Truncated)?;
        *bytes = rest;
        let byte = u64::from(byte);
        if shift == LAST && byte > 1 {
            return Err(DecodeError::Inconsistent);
        }
        integer |= (byte & (MORE - 1)) << shift;
        if byte < MORE {
            return Ok(integer);
        }
        shift += BITS;
    }
}

const BITS: u32 = 7;
const MORE: u64 = 1 << BITS;

/// The place of the last bit, which is alone in the tenth byte.
const LAST: u32 = u64::BITS - 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_taken_and_the_rest_left() {
        for bits in 0..=u64::BITS {
            for integer in [0, u64::MAX.checked_shr(bits).unwrap_or(0)] {
                let mut bytes = Vec::new();
                put(integer, &mut bytes);
                let cut = &bytes[..bytes.len() - 1];
                assert_eq!(take(&mut &*cut), Err(DecodeError::Truncated), "{integer}");
                bytes.extend(b"rest");
                let mut rest = &*bytes;
                assert_eq!((take(&mut rest), rest), (Ok(integer), &b"rest"[..]));
            }
        }
    }

    #[test]
    fn more_than_64_bits_are_no_integer() {
        for last in [2, 0x7f, 0x80, 0xff] {
            let bytes = [255, 255, 255, 255, 255, 255, 255, 255, 255, last, 0];
            assert_eq!(take(&mut &bytes[..]), Err(DecodeError::Inconsistent), "{last}");
        }
    }
}
