//! Doubles as integers that are near 0, of one kind for a whole run.
//!
//! ```text
//! kind 0..=12    decimals: value * 10^kind is an integer; zigzag of its difference to the last
//! kind 64..=127  doubles: the bits, exclusive-or with the last, less kind - 64 low zero bits
//! ```
//!
//! What sensors and counters say is mostly a decimal of few places, and near what they said before.

use crate::bits::{unzigzag, zigzag};

/// The values as integers, and their kind.
pub(crate) fn shrink(values: &[f64]) -> (u8, Vec<u64>) {
    as_decimals(values).unwrap_or_else(|| as_doubles(values))
}

/// The bits of the values again, in the place of the integers.
pub(crate) fn grow(kind: u8, integers: &mut [u64]) {
    match POWERS.get(usize::from(kind)) {
        Some(&power) => grow_decimals(power, integers),
        None => grow_doubles(kind - DOUBLES, integers),
    }
}

/// With the fewest places that all values are exact with, which are mostly few.
fn as_decimals(values: &[f64]) -> Option<(u8, Vec<u64>)> {
    POWERS.iter().zip(0..).find_map(|(&power, kind)| Some((kind, differences(values, power)?)))
}

fn differences(values: &[f64], power: f64) -> Option<Vec<u64>> {
    let mut last = 0;
    let difference = |&value| {
        let scaled = scaled(value, power)?;
        Some(zigzag(scaled - std::mem::replace(&mut last, scaled)))
    };
    values.iter().map(difference).collect()
}

/// The integer that gives just this value when it is divided again.
fn scaled(value: f64, power: f64) -> Option<i64> {
    let rounded = (value * power + 0.5_f64.copysign(value)) as i64;
    let exact = (rounded as f64 / power).to_bits() == value.to_bits();
    (exact && rounded.unsigned_abs() < EXACT).then_some(rounded)
}

fn grow_decimals(power: f64, integers: &mut [u64]) {
    let mut last = 0;
    for integer in integers {
        last += unzigzag(*integer);
        *integer = (last as f64 / power).to_bits();
    }
}

fn as_doubles(values: &[f64]) -> (u8, Vec<u64>) {
    let mut last = 0;
    let change = |value: &f64| value.to_bits() ^ std::mem::replace(&mut last, value.to_bits());
    let mut changes: Vec<_> = values.iter().map(change).collect();
    let zeros = changes.iter().fold(0, |bits, change| bits | change).trailing_zeros().min(63);
    changes.iter_mut().for_each(|change| *change >>= zeros);
    (DOUBLES + zeros as u8, changes)
}

fn grow_doubles(zeros: u8, integers: &mut [u64]) {
    let mut last = 0;
    for integer in integers {
        last ^= *integer << zeros;
        *integer = last;
    }
}

const DOUBLES: u8 = 64;

/// Doubles hold every integer below this one, and every half, so that the only rounding is that of
/// the division.
const EXACT: u64 = 1 << 52;

const POWERS: [f64; 13] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];

#[cfg(test)]
mod tests {
    use super::*;

    fn kind_of(values: &[f64]) -> u8 {
        let (kind, mut integers) = shrink(values);
        grow(kind, &mut integers);
        let bits: Vec<_> = values.iter().map(|value| value.to_bits()).collect();
        assert_eq!(integers, bits, "{values:?}");
        kind
    }

    #[test]
    fn decimals_are_told_from_doubles_and_both_come_back_to_the_bit() {
        let largest = 4_503_599_627_370_495.0;
        assert_eq!(kind_of(&[1.0, -2.0, 0.0, largest, -largest]), 0);
        assert_eq!(kind_of(&[23.7, 23.75, 0.01, -99.99]), 2);
        assert_eq!(kind_of(&[1e-12, 0.5]), 12);
        assert!(kind_of(&[-0.0]) >= DOUBLES, "as a decimal it would lose its sign");
        assert!(kind_of(&[largest, 0.1]) >= DOUBLES);
        assert!(kind_of(&[f64::MAX, f64::MIN_POSITIVE, 5e-324, -1e300]) >= DOUBLES);
        assert!(kind_of(&[1.0 / 3.0]) >= DOUBLES);
        assert!(kind_of(&[0.0, 1.0 / 3.0, -0.0]) >= DOUBLES);
    }

    #[test]
    fn the_low_zeros_of_doubles_are_left_out() {
        let single = f64::from(1.0_f32 / 3.0);
        let (kind, integers) = shrink(&[single, single]);
        assert_eq!(kind, DOUBLES + 29);
        assert_eq!(integers, [single.to_bits() >> 29, 0]);
    }
}
