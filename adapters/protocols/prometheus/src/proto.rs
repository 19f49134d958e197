//! Protocol buffers: the fields of a message, read and written without generated code.

use std::fmt;

/// Reads the fields of a message, in their order. It borrows the message and allocates nothing.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Fields<'a>(&'a [u8]);

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32,
    Bytes(&'a [u8]),
}

/// Bytes that are not a message of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the body is not a protocol buffer of the expected kind")
    }
}

impl std::error::Error for Broken {}

impl<'a> Fields<'a> {
    pub(crate) fn of(message: &'a [u8]) -> Self {
        Self(message)
    }

    /// Returns the number and the value of the next field.
    #[inline]
    pub(crate) fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, Broken> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => {
                let length = usize::try_from(self.varint()?).map_err(|_| Broken)?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.array::<4>().map(|_| Value::Fixed32)?,
            _ => return Err(Broken),
        };
        if tag >> 3 == 0 { Err(Broken) } else { Ok(Some((tag >> 3, value))) }
    }

    fn varint(&mut self) -> Result<u64, Broken> {
        // Most take one byte.
        if let [byte @ ..0x80, rest @ ..] = self.0 {
            self.0 = rest;
            return Ok(u64::from(*byte));
        }
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let [byte] = self.array()?;
            let bits = u64::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                return Err(Broken);
            }
            number |= bits << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(Broken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Broken> {
        let (array, rest) = self.0.split_first_chunk().ok_or(Broken)?;
        self.0 = rest;
        Ok(*array)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], Broken> {
        let (bytes, rest) = self.0.split_at_checked(length).ok_or(Broken)?;
        self.0 = rest;
        Ok(bytes)
    }
}

impl<'a> Value<'a> {
    pub(crate) fn bytes(self) -> Result<&'a [u8], Broken> {
        if let Self::Bytes(bytes) = self { Ok(bytes) } else { Err(Broken) }
    }

    pub(crate) fn text(self) -> Result<&'a str, Broken> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Broken)
    }

    /// An `int64` or an enumeration.
    pub(crate) fn integer(self) -> Result<i64, Broken> {
        if let Self::Varint(number) = self { Ok(number as i64) } else { Err(Broken) }
    }

    pub(crate) fn double(self) -> Result<f64, Broken> {
        if let Self::Fixed64(bits) = self { Ok(f64::from_bits(bits)) } else { Err(Broken) }
    }
}

pub(crate) fn put_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Returns how many bytes a number takes.
pub(crate) fn varint_length(number: u64) -> usize {
    (64 - (number | 1).leading_zeros() as usize).div_ceil(7)
}

/// Writes the head of a field that is text, bytes or a message.
pub(crate) fn put_head(out: &mut Vec<u8>, field: u64, length: usize) {
    put_varint(out, field << 3 | 2);
    put_varint(out, length as u64);
}

pub(crate) fn put_bytes(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    put_head(out, field, bytes.len());
    out.extend_from_slice(bytes);
}

/// Writes an integer, unless it is zero, which is what a missing one is.
pub(crate) fn put_integer(out: &mut Vec<u8>, field: u64, number: i64) {
    if number != 0 {
        put_varint(out, field << 3);
        put_varint(out, number as u64);
    }
}

/// Writes a double, unless it is missing if it is zero. A negative zero is written.
pub(crate) fn put_double(out: &mut Vec<u8>, field: u64, number: f64) {
    if number.to_bits() != 0 {
        put_varint(out, field << 3 | 1);
        out.extend_from_slice(&number.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_no_message_is_broken() {
        let cases: [&[u8]; 9] = [
            &[0x80],
            &[0x00, 0x00],
            &[0x0b],
            &[0x0a, 5, 1, 2],
            &[0x09, 0, 0, 0],
            &[0x0d, 0, 0],
            &[0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02],
            &[0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
            &[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        ];
        for message in cases {
            assert_eq!(Fields::of(message).next(), Err(Broken), "{message:?}");
        }
    }

    proptest! {
        #[test]
        fn fields_read_back(number in any::<u64>(), field in 1_u64..1 << 29, bytes in any::<Vec<u8>>(), double in any::<f64>()) {
            let mut message = Vec::new();
            put_bytes(&mut message, field, &bytes);
            put_integer(&mut message, field, number as i64);
            put_double(&mut message, field, double);
            let mut fields = Fields::of(&message);
            prop_assert_eq!(fields.next(), Ok(Some((field, Value::Bytes(&bytes)))));
            if number != 0 {
                prop_assert_eq!(fields.next(), Ok(Some((field, Value::Varint(number)))));
            }
            if double.to_bits() != 0 {
                prop_assert_eq!(fields.next(), Ok(Some((field, Value::Fixed64(double.to_bits())))));
            }
            prop_assert_eq!(fields.next(), Ok(None));
            let mut varint = Vec::new();
            put_varint(&mut varint, number);
            prop_assert_eq!(varint.len(), varint_length(number));
        }
    }
}
