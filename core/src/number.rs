//! The numbers of the protocol: parses decimal text, and writes the shortest decimal text.

mod decimal;
mod digits;
mod middle;
mod natural;
mod product;
mod text;

use core::fmt;

use nom::IResult;

use self::decimal::decimal;
use self::digits::{digit, eight_digits};
pub(crate) use self::text::write_numbers;
use crate::sample::Sample;

/// Parses a `value`: decimal text, rounded to the nearest double, which must be finite.
pub(crate) fn value(input: &[u8]) -> IResult<&[u8], f64, ()> {
    short_value(input).map_or_else(|| any_value(input), Ok)
}

/// Parses a value that starts with a digit and ends at a space within eight bytes.
///
/// Its digits and the power of ten are exact doubles, so their quotient is the nearest one. A
/// longer value is recognised by the missing space, before any digit is parsed. Smaller processors
/// divide doubles in software, which is no faster than the general way.
fn short_value(input: &[u8]) -> Option<(&[u8], f64)> {
    if cfg!(not(target_pointer_width = "64")) {
        return None;
    }
    let text @ [b'0'..=b'9', ..] = input.first_chunk::<8>()? else { return None };
    if !text.iter().fold(false, |any, byte| any | (*byte == b' ')) {
        return None;
    }
    let (mut digits, mut divisor, mut base) = (0_u32, 1_u32, 1);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' => {
                digits = digits.wrapping_mul(10).wrapping_add(u32::from(byte & 15));
                divisor = divisor.wrapping_mul(base);
            }
            b'.' if base == 1 => base = 10,
            b' ' => return Some((input.get(at..)?, f64::from(digits) / f64::from(divisor))),
            _ => return None,
        }
    }
    None
}

fn any_value(input: &[u8]) -> IResult<&[u8], f64, ()> {
    let (rest, value) = decimal(input)?;
    if value.is_finite() { Ok((rest, value)) } else { Err(REFUSED) }
}

/// Parses a `timestamp`: a decimal signed 64-bit integer.
pub(crate) fn timestamp(input: &[u8]) -> IResult<&[u8], i64, ()> {
    let (negative, digits) = match input {
        [b'-', digits @ ..] => (true, digits),
        [b'+', digits @ ..] | digits => (false, digits),
    };
    let (rest, sum) = below_zero(digits)?;
    let number = if negative { Some(sum) } else { sum.checked_neg() };
    Ok((rest, number.ok_or(REFUSED)?))
}

/// Parses one digit or more as a negative number, since `i64::MIN` has no positive counterpart.
///
/// It matches patterns, because the compiler can see that these never panic. In nom's integer
/// parser it cannot see that.
fn below_zero(digits: &[u8]) -> IResult<&[u8], i64, ()> {
    let (mut rest, sum) = eight_digits(digits).unwrap_or((digits, 0));
    let mut sum = -i64::from(sum);
    while let Some((after, digit)) = digit(rest) {
        let tens = sum.checked_mul(10).ok_or(REFUSED)?;
        sum = tens.checked_sub(i64::from(digit)).ok_or(REFUSED)?;
        rest = after;
    }
    if rest.len() < digits.len() { Ok((rest, sum)) } else { Err(REFUSED) }
}

/// The error for text that is not a number or is out of range.
const REFUSED: nom::Err<()> = nom::Err::Error(());

/// The buffers in which numbers are written. A text is valid until the next one is written.
pub struct Digits {
    value: zmij::Buffer,
    timestamp: itoa::Buffer,
}

impl Digits {
    /// Creates the buffers.
    #[must_use]
    pub fn new() -> Self {
        Self { value: zmij::Buffer::new(), timestamp: itoa::Buffer::new() }
    }

    /// Writes a sample's value in the fewest digits that read back to the same bits. The text is
    /// also a number of JSON.
    pub fn value(&mut self, sample: Sample) -> &str {
        self.value.format_finite(sample.value())
    }

    /// Writes a timestamp.
    pub fn timestamp(&mut self, timestamp: i64) -> &str {
        self.timestamp.format(timestamp)
    }

    /// Writes the value in the fewest digits that read back to the same bits, and the timestamp.
    pub(crate) fn write(&mut self, value: f64, timestamp: i64) -> (&[u8], &[u8]) {
        let value = self.value.format_finite(value);
        (value.as_bytes(), self.timestamp.format(timestamp).as_bytes())
    }
}

impl Default for Digits {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Digits").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn a_value_is_decimal_text_of_a_finite_double() {
        let cases = [
            ("5.", 5.0),
            (".5", 0.5),
            ("007.50", 7.5),
            ("+1", 1.0),
            ("-0", -0.0),
            ("1E5", 1e5),
            ("1e+05", 1e5),
            ("-2.5e-7", -2.5e-7),
            ("1e-400", 0.0),
            ("-1e-400", -0.0),
            ("1.7976931348623157e308", f64::MAX),
            ("5e-324", 5e-324),
            ("9007199254740993", 9007199254740992.0),
            ("9007199254740993.00000000000000000000000000000000001", 9007199254740994.0),
        ];
        for (text, expected) in cases {
            let (rest, value) = value(text.as_bytes()).unwrap();
            assert_eq!((rest, value.to_bits()), (&b""[..], expected.to_bits()), "{text}");
        }
    }

    #[test]
    fn a_short_value_is_read_as_any_other() {
        let numbers = (0..10_000).chain((10_000..10_000_000).step_by(9_973));
        for digits in numbers.map(|number| std::format!("{number:03}")) {
            for point in 0..=digits.len() {
                let (whole, fraction) = digits.split_at(point);
                let line = std::format!("{whole}.{fraction} 1700000000");
                let expected = (&b" 1700000000"[..], line[..=digits.len()].parse().unwrap());
                assert_eq!(value(line.as_bytes()), Ok(expected), "{line}");
            }
        }
        for (text, expected) in [("7 1700000000", 7.0), ("0007 1700000000", 7.0)] {
            assert_eq!(value(text.as_bytes()).unwrap().1.to_bits(), f64::to_bits(expected));
        }
    }

    #[test]
    fn what_is_no_finite_decimal_is_not_read_whole() {
        let bad = [
            "", ".", "+", "-", "e5", ".e5", "1e", "1e+", "--1", "+-1", "1_000", "0x10", "1,5",
            "nan", "NaN", "inf", "-inf", "infinity", "1e400", "-1e400", "\u{663}", " 1", "1.2.3",
        ];
        for text in bad {
            let whole = matches!(value(text.as_bytes()), Ok((b"", _)));
            assert!(!whole, "{text:?}");
            let line = std::format!("{text} 1700000000");
            let whole = matches!(value(line.as_bytes()), Ok((b" 1700000000", _)));
            assert!(!whole, "{line:?}");
        }
    }

    #[test]
    fn a_timestamp_is_a_whole_number_of_64_bits() {
        let good = [
            ("0", 0),
            ("-0", 0),
            ("+5", 5),
            ("1234567", 1_234_567),
            ("12345678", 12_345_678),
            ("-123456789", -123_456_789),
            ("0000000000000000000000001", 1),
            ("-0005", -5),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ];
        for (text, expected) in good {
            assert_eq!(timestamp(text.as_bytes()), Ok((&b""[..], expected)), "{text}");
        }
        for text in [
            "",
            "+",
            "1.0",
            "1e3",
            "9223372036854775808",
            "-9223372036854775809",
            "--1",
            "1234567:",
            "1234567/",
            "1234567\u{b9}",
        ] {
            let whole = matches!(timestamp(text.as_bytes()), Ok((b"", _)));
            assert!(!whole, "{text:?}");
        }
    }

    #[test]
    fn numbers_are_written_in_the_one_form_of_the_protocol() {
        let values = [
            (23.7, "23.7"),
            (30.0, "30.0"),
            (-0.0, "-0.0"),
            (0.00001, "0.00001"),
            (9.999e-6, "9.999e-6"),
            (1e16, "1e+16"),
            (9999999999999998.0, "9999999999999998.0"),
            (2.5e-7, "2.5e-7"),
            (-f64::MIN_POSITIVE, "-2.2250738585072014e-308"),
            (f64::MAX, "1.7976931348623157e+308"),
        ];
        for (number, text) in values {
            let mut digits = Digits::new();
            let (value, _) = digits.write(number, 0);
            assert_eq!(core::str::from_utf8(value), Ok(text));
            assert!(value.len() <= crate::limits::MAX_VALUE);
        }
        for timestamp in [0, -1, i64::MAX, i64::MIN] {
            let mut digits = Digits::new();
            let (_, text) = digits.write(0.0, timestamp);
            assert_eq!(text, std::format!("{timestamp}").as_bytes());
            assert!(text.len() <= crate::limits::MAX_TIMESTAMP);
        }
    }
}
