//! The model's rounding: whether a double is the nearest one to a decimal text, computed with
//! integers of any size.
//!
//! The parsers of std and of the core come from the same paper, so an error of the paper would be
//! in both. This code is simple: it scales text and double to integers and compares them.

use std::cmp::Ordering;

/// Returns whether a text of the grammar's `value` rounds to this double, which may be infinite: to
/// the nearest, and on a tie to the even one.
pub fn is_nearest(text: &str, value: f64) -> bool {
    let magnitude = value.abs().to_bits();
    let is_even = magnitude.is_multiple_of(2);
    let fits = |order: Ordering, beyond: Ordering| {
        order != beyond && (order != Ordering::Equal || is_even)
    };
    let decimal = Decimal::read(text);
    let above_low = magnitude == 0 || fits(decimal.cmp_midpoint(magnitude - 1), Ordering::Less);
    let below_high =
        magnitude == INFINITY || fits(decimal.cmp_midpoint(magnitude), Ordering::Greater);
    above_low && below_high && value.is_sign_negative() == text.starts_with('-')
}

/// Returns the middle between the double of these bits and the next, as `digits * 10^exponent`.
pub fn middle_above(bits: u64) -> (String, i64) {
    let (middle, power) = midpoint(bits);
    let digits = Natural::from(middle).times_power(2, power).times_power(5, -power).digits();
    (digits, power.min(0))
}

const INFINITY: u64 = f64::INFINITY.to_bits();

/// A decimal text without its sign: `digits * 10^exponent`.
struct Decimal {
    digits: Natural,
    count: i64,
    exponent: i64,
}

impl Decimal {
    fn read(text: &str) -> Self {
        let unsigned = text.trim_start_matches(['+', '-']);
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = whole.to_owned() + fraction;
        let digits = all.trim_start_matches('0');
        Self {
            digits: Natural::read(digits),
            count: digits.len() as i64,
            exponent: read_exponent(exponent) - fraction.len() as i64,
        }
    }

    /// Compares with the middle between the double of these bits and the next one.
    fn cmp_midpoint(&self, bits: u64) -> Ordering {
        match self.count + self.exponent {
            _ if self.count == 0 => return Ordering::Less,
            size if size > FAR => return Ordering::Greater,
            size if size < -FAR => return Ordering::Less,
            _ => {}
        }
        let (middle, power) = midpoint(bits);
        let left = self.digits.times_power(10, self.exponent).times_power(2, -power);
        let right = Natural::from(middle).times_power(2, power).times_power(10, -self.exponent);
        left.cmp(&right)
    }
}

/// An exponent of ten above that of every double, and, negated, below that of half of every one.
const FAR: i64 = 400;

/// Parses an exponent, and clamps it to ±[`FARTHEST`].
fn read_exponent(text: &str) -> i64 {
    let far = if text.starts_with('-') { -FARTHEST } else { FARTHEST };
    text.parse::<i64>().map_or(far, |exponent| exponent.clamp(-FARTHEST, FARTHEST))
}

/// An exponent so large that the number of digits in a text cannot offset it.
const FARTHEST: i64 = 1 << 40;

/// Returns the middle between the double of these bits and the next, as `middle * 2^power`.
fn midpoint(bits: u64) -> (u64, i64) {
    let (field, fraction) = ((bits >> 52) as i64, bits & ((1 << 52) - 1));
    let (mantissa, power) = match field {
        0 => (fraction, -1074),
        _ => (fraction | 1 << 52, field - 1075),
    };
    (2 * mantissa + 1, power - 1)
}

/// An integer of any size: limbs of 32 bits, the lowest first, the last one not zero.
struct Natural(Vec<u32>);

impl Natural {
    fn from(number: u64) -> Self {
        let mut natural = Self(vec![number as u32, (number >> 32) as u32]);
        natural.trim();
        natural
    }

    fn read(digits: &str) -> Self {
        let mut natural = Self(Vec::new());
        digits.bytes().for_each(|digit| natural.multiply_and_add(10, u32::from(digit - b'0')));
        natural
    }

    /// Multiplies by a power of 2, 5 or 10. A negative power changes nothing.
    fn times_power(&self, base: u32, power: i64) -> Self {
        let mut natural = Self(self.0.clone());
        let mut left = power.max(0) as u32;
        while left > 0 {
            let step = left.min(9); // the ninth power of ten still fits a limb
            natural.multiply_and_add(base.pow(step), 0);
            left -= step;
        }
        natural
    }

    fn digits(mut self) -> String {
        let mut parts = Vec::new();
        while !self.0.is_empty() {
            parts.push(format!("{:09}", self.divide(1_000_000_000)));
        }
        parts.reverse();
        parts.concat().trim_start_matches('0').into()
    }

    /// Divides. Returns the remainder.
    fn divide(&mut self, divisor: u32) -> u32 {
        let mut rest = 0;
        for limb in self.0.iter_mut().rev() {
            rest = rest << 32 | u64::from(*limb);
            (*limb, rest) = ((rest / u64::from(divisor)) as u32, rest % u64::from(divisor));
        }
        self.trim();
        rest as u32
    }

    fn multiply_and_add(&mut self, factor: u32, addend: u32) {
        let mut carry = u64::from(addend);
        for limb in &mut self.0 {
            carry += u64::from(*limb) * u64::from(factor);
            *limb = carry as u32;
            carry >>= 32;
        }
        self.0.push(carry as u32);
        self.trim();
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn cmp(&self, other: &Self) -> Ordering {
        let by_length = self.0.len().cmp(&other.0.len());
        by_length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_is_the_nearest_of_its_text_and_its_neighbours_are_not() {
        let texts = [
            "0.1",
            "-23.7",
            "1",
            "5e-324",
            "4.9e-324",
            "2.2250738585072011e-308",
            "1e22",
            "1e23",
            "9007199254740991",
            "1.7976931348623157e308",
            "+.5",
            "7.",
            "123456789E-20",
        ];
        for text in texts {
            let value: f64 = text.parse().unwrap();
            assert!(is_nearest(text, value), "{text}");
            assert!(!is_nearest(text, value.next_up()) && !is_nearest(text, value.next_down()));
            assert!(!is_nearest(text, -value), "{text}");
        }
    }

    #[test]
    fn a_tie_goes_to_the_even_double() {
        assert!(is_nearest("9007199254740993", 9007199254740992.0));
        assert!(!is_nearest("9007199254740993", 9007199254740994.0));
        assert!(is_nearest("9007199254740995", 9007199254740996.0));
        assert!(is_nearest("9007199254740993.000000000000000000001", 9007199254740994.0));
    }

    #[test]
    fn a_middle_has_all_its_digits() {
        let cases = [(1.0_f64, "100000000000000011102230246251565404236316680908203125", -53)];
        for (value, digits, exponent) in cases {
            assert_eq!(middle_above(value.to_bits()), (digits.into(), exponent));
        }
        let (digits, exponent) = middle_above(f64::MAX.to_bits());
        assert!(digits.starts_with("17976931348623158079") && digits.len() == 309 && exponent == 0);
        let (digits, exponent) = middle_above(0);
        assert!(digits.starts_with("247032822920623272") && exponent == -1075);
    }

    #[test]
    fn what_is_too_large_is_infinite_and_what_is_too_small_is_zero() {
        let (infinite, zero) = (f64::INFINITY, 0.0);
        for text in ["1e309", "1.8e308", "1e99999999999999999999", "17976931348623159e292"] {
            assert!(is_nearest(text, infinite) && !is_nearest(text, f64::MAX), "{text}");
        }
        for text in ["0", ".0e5", "1e-400", "2.4e-324", "0e99999999999999999999", "1e-9999999999"] {
            assert!(is_nearest(text, zero) && !is_nearest(text, f64::from_bits(1)), "{text}");
        }
        assert!(is_nearest("-0", -0.0) && !is_nearest("-0", 0.0));
        assert!(is_nearest("1.7976931348623158e308", f64::MAX));
    }
}
