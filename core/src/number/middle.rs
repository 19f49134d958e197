//! A number with all of its digits, compared with the middle between two doubles.
//!
//! `digits * 10^ten` and `middle * 2^two` are brought to whole numbers, of any size: fives and twos
//! go to the side where their power is positive.

use core::cmp::Ordering;

use super::natural::Natural;

/// Compares `digits * 10^ten` with the middle between the double of these bits and the next above.
///
/// The digits are `count`, the first is not 0, and the number is about as large as the double.
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

/// No middle has more digits: so what others add to the first is above a middle that is equal to
/// these, and makes no difference to any other.
const MOST_DIGITS: usize = 768;

/// The middle above the double of these bits, and the power of two that it is multiplied by.
fn middle(floor: u64) -> (Natural, i32) {
    let (exponent, fraction) = ((floor >> 52) as i32, floor & ((1 << 52) - 1));
    let (mantissa, two) =
        if exponent == 0 { (fraction, 1) } else { (fraction | 1 << 52, exponent) };
    (Natural::from(mantissa << 1 | 1), two - 1076)
}
