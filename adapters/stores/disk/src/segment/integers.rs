//! Integers in bytes: of fixed size, and with fewer bytes if they are small.

/// Takes the first bytes.
pub(super) fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (first, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*first)
}

/// Appends 7 bits a byte, the low bits first. The high bit of a byte says that another one follows.
pub(super) fn put(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// Takes what [`put`] wrote; returns `None` at the end of the bytes, or for more than 64 bits.
pub(super) fn take_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let [byte] = take(bytes)?;
        let low = u64::from(byte & 0x7f);
        if low << shift >> shift != low {
            return None;
        }
        number |= low << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// Appends a signed integer: 0, -1, 1, -2, 2 as 0, 1, 2, 3, 4.
pub(super) fn put_signed(number: i64, bytes: &mut Vec<u8>) {
    put((number << 1 ^ number >> 63) as u64, bytes);
}

/// Takes what [`put_signed`] wrote.
pub(super) fn take_signed(bytes: &mut &[u8]) -> Option<i64> {
    let number = take_varint(bytes)?;
    Some((number >> 1) as i64 ^ -((number & 1) as i64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_is_taken() {
        let cases = [
            (0, &[0][..]),
            (-1, &[1]),
            (1, &[2]),
            (-64, &[0x7f]),
            (64, &[0x80, 1]),
            (i64::MAX, &[0xfe, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
            (i64::MIN, &[0xff, 255, 255, 255, 255, 255, 255, 255, 255, 1]),
        ];
        for (number, expected) in cases {
            let mut bytes = Vec::new();
            put_signed(number, &mut bytes);
            assert_eq!(bytes, expected, "{number}");
            let mut rest = &bytes[..];
            assert_eq!((take_signed(&mut rest), rest), (Some(number), &[][..]));
            assert_eq!(take_signed(&mut &bytes[..bytes.len() - 1]), None, "{number}");
        }
    }

    #[test]
    fn more_than_64_bits_are_no_number() {
        for last in [2, 3, 0x7f, 0x80, 0x81, 0xff] {
            let bytes = [255, 255, 255, 255, 255, 255, 255, 255, 255, last, 0];
            assert_eq!(take_varint(&mut &bytes[..]), None, "{last}");
        }
    }
}
