//! Compares all digits of a number with the middle between two doubles.
//!
//! `digits * 10^ten` and `middle * 2^two` are turned into whole numbers: the powers of five and of
//! two are multiplied to the side where their exponent is positive.

use core::cmp::Ordering;

use super::natural::Natural;

/// Compares `digits * 10^ten` with the middle between the double with the bits `floor` and the next
/// one above.
///
/// There are `count` digits, the first of them is not 0, and the number is close to the double.
pub(super) fn cmp(
    mut digits: impl Iterator<Item = u8>,
    count: usize,
    ten: i64,
    floor: u64,
) -> Ordering {
    let mut number = Natural::from_digits(digits.by_ref().take(MOST_DIGITS));
    let more = digits.any(|digit| digit != 0);
    let ten = ten.wrapping_add(count.saturating_sub(MOST_DIGITS) as i64) as i32;
    let (mut middle, two) = middle(floor);
    let fives = if ten < 0 { &mut middle } else { &mut number };
    fives.multiply_by_five_to(ten.unsigned_abs());
    let two = two.wrapping_sub(ten);
    let twos = if two < 0 { &mut number } else { &mut middle };
    twos.multiply_by_two_to(two.unsigned_abs());
    number.cmp(&middle).then(more.cmp(&false))
}

/// No middle has more digits. So further digits matter only if the first ones equal the middle, and
/// then a nonzero digit puts the number above it.
const MOST_DIGITS: usize = 768;

/// Returns the middle above the double with the bits `floor`, as a whole number and a power of two.
fn middle(floor: u64) -> (Natural, i32) {
    let (exponent, fraction) = ((floor >> 52) as i32, floor & ((1 << 52) - 1));
    let (mantissa, two) =
        if exponent == 0 { (fraction, 1) } else { (fraction | 1 << 52, exponent) };
    (Natural::from(mantissa << 1 | 1), two - 1076)
}
