//! Parses decimal text to the nearest double, exactly.
//!
//! For nearly every text the first 19 digits and a power of ten, in 64 bits each, decide how it
//! rounds: `product`. About one in 200 texts with many digits is too close to the middle between
//! two doubles. Then all its digits are compared with that middle: `middle`.
//!
//! All arithmetic is on integers, since few chips have doubles in hardware. The tables are small:
//! other exact parsers take 8 to 18 KB of a chip's flash, this one 4.

use core::cmp::Ordering;

use nom::IResult;

use super::digits::{append_digits, digit};
use super::product::{Estimate, INFINITY, Leading, estimate};
use super::{REFUSED, middle};

/// Parses a decimal number. A number too large for a double becomes infinite.
// Most values are short and do not get here. Inlined, it would take registers from their path.
#[inline(never)]
pub(super) fn decimal(input: &[u8]) -> IResult<&[u8], f64, ()> {
    let (unsigned, sign) = sign(input);
    let (after, mantissa) = mantissa(unsigned)?;
    let (rest, exponent) = exponent(after)?;
    let decimal = Decimal { ten: mantissa.ten.wrapping_add(exponent.into()), ..mantissa };
    Ok((rest, f64::from_bits(decimal.nearest() | sign)))
}

/// Parses an optional sign; returns the sign bit of a double.
fn sign(input: &[u8]) -> (&[u8], u64) {
    match input {
        [b'-', rest @ ..] => (rest, 1 << 63),
        [b'+', rest @ ..] | rest => (rest, 0),
    }
}

/// Parses digits with an optional point.
fn mantissa(input: &[u8]) -> IResult<&[u8], Decimal<'_>, ()> {
    let (after, sum) = append_digits(0, input);
    let (rest, sum, fraction, point) = match after {
        [b'.', fraction @ ..] => {
            let (rest, sum) = append_digits(sum, fraction);
            (rest, sum, fraction.len().wrapping_sub(rest.len()), 1)
        }
        _ => (after, sum, 0, 0),
    };
    let text = input.get(..input.len().wrapping_sub(rest.len())).unwrap_or_default();
    match text.len().wrapping_sub(point) {
        0 => Err(REFUSED),
        count => Ok((rest, Decimal { text, count, sum, ten: 0_i64.wrapping_sub(fraction as i64) })),
    }
}

/// Parses the optional power of ten; 0 if there is none. It saturates at the bounds of `i32`.
fn exponent(input: &[u8]) -> IResult<&[u8], i32, ()> {
    let [b'e' | b'E', signed @ ..] = input else { return Ok((input, 0)) };
    let (unsigned, sign) = sign(signed);
    let (mut rest, mut sum) = (unsigned, 0_i32);
    while let Some((after, digit)) = digit(rest) {
        (rest, sum) = (after, sum.saturating_mul(10).saturating_add(digit.into()));
    }
    let number = if sign == 0 { sum } else { sum.wrapping_neg() };
    if rest.len() < unsigned.len() { Ok((rest, number)) } else { Err(REFUSED) }
}

/// A whole number times a power of ten.
struct Decimal<'a> {
    /// The digits, with an optional point.
    text: &'a [u8],
    /// The number of digits.
    count: usize,
    /// The number, if it has no more than [`MOST_DIGITS`].
    sum: u64,
    ten: i64,
}

/// Any 19 digits fit 64 bits.
const MOST_DIGITS: usize = 19;

impl Decimal<'_> {
    /// Returns the bits of the nearest double, the even one on a tie.
    fn nearest(&self) -> u64 {
        let leading = self.leading();
        if leading.digits == 0 {
            return 0;
        }
        let Estimate { floor, order } = estimate(leading);
        let up = match order.unwrap_or_else(|| self.cmp_middle(floor)) {
            Ordering::Less => 0,
            Ordering::Equal => floor & 1,
            Ordering::Greater => 1,
        };
        (floor + up).min(INFINITY)
    }

    fn leading(&self) -> Leading {
        if self.count <= MOST_DIGITS {
            return Leading { digits: self.sum, more: false, ten: self.ten };
        }
        self.leading_of_many()
    }

    #[cold]
    fn leading_of_many(&self) -> Leading {
        let (digits, count) = self.significant();
        let first = digits.take(MOST_DIGITS);
        let digits =
            first.fold(0_u64, |sum, digit| sum.wrapping_mul(10).wrapping_add(digit.into()));
        let more = count.saturating_sub(MOST_DIGITS);
        Leading { digits, more: more > 0, ten: self.ten.wrapping_add(more as i64) }
    }

    #[cold]
    fn cmp_middle(&self, floor: u64) -> Ordering {
        let (digits, count) = self.significant();
        middle::cmp(digits, count, self.ten, floor)
    }

    /// Returns the digits from the first nonzero one on, and their number.
    fn significant(&self) -> (impl Iterator<Item = u8>, usize) {
        let mut rest = self.text;
        while let [b'0' | b'.', after @ ..] = rest {
            rest = after;
        }
        let has_point = rest.contains(&b'.');
        let digits = rest.iter().filter(|byte| **byte != b'.').map(|byte| byte & 15);
        (digits, rest.len().wrapping_sub(has_point.into()))
    }
}
