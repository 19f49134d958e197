//! Maps doubles to small integers, in one way for a whole chunk.
//!
//! ```text
//! kind 0..=12    decimals: value * 10^kind is an integer; zigzag of its difference to the last
//! kind 64..=127  doubles: the bits, exclusive-or the last, without kind - 64 low zero bits
//! ```
//!
//! Most readings of sensors and counters have few decimal places, and are near the reading before.

use crate::block::{unzigzag, zigzag};
use crate::totals::Totals;
use crate::{DecodeError, MAX_SAMPLES};

/// Replaces the bits of doubles by their integers; returns the kind, and of decimals their totals.
pub(crate) fn encode(values: &mut [u64]) -> (u8, Option<Totals>) {
    encode_decimals(values).unwrap_or_else(|| (encode_doubles(values), None))
}

/// Encodes with the fewest decimal places that make all values exact, if 12 are enough.
fn encode_decimals(values: &mut [u64]) -> Option<(u8, Option<Totals>)> {
    let mut integers = [0; MAX_SAMPLES];
    let integers = integers.get_mut(..values.len())?;
    let (_, kind) = POWERS.iter().zip(0..).find(|&(&power, _)| scale(values, power, integers))?;
    let mut last = 0;
    for (value, &integer) in values.iter_mut().zip(&*integers) {
        *value = zigzag(integer - core::mem::replace(&mut last, integer));
    }
    Some((kind, Totals::of(integers.iter().copied())))
}

/// Writes the integers that give exactly these values when divided by `power`; returns whether all
/// have one.
fn scale(values: &[u64], power: f64, integers: &mut [i64]) -> bool {
    values.iter().zip(integers).all(|(&bits, integer)| {
        let scaled = scaled(f64::from_bits(bits), power);
        *integer = scaled.unwrap_or_default();
        scaled.is_some()
    })
}

/// Returns the integer that gives exactly this value when divided by `power`, if there is one.
fn scaled(value: f64, power: f64) -> Option<i64> {
    let rounded = (value * power + 0.5_f64.copysign(value)) as i64;
    let exact = (rounded as f64 / power).to_bits() == value.to_bits();
    (exact && rounded.unsigned_abs() < EXACT).then_some(rounded)
}

fn encode_doubles(values: &mut [u64]) -> u8 {
    let (mut last, mut all_bits) = (0, 0);
    for value in values.iter_mut() {
        *value ^= core::mem::replace(&mut last, *value);
        all_bits |= *value;
    }
    let zeros = all_bits.trailing_zeros().min(63);
    values.iter_mut().for_each(|value| *value >>= zeros);
    DOUBLES + zeros as u8
}

/// Decodes values block by block.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Values {
    kind: Kind,
    /// The last decimal as an integer, or the bits of the last double.
    last: u64,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Decimals { power: f64 },
    Doubles { zeros: u8 },
}

impl Values {
    /// Creates a decoder for a kind; `None` if there is no such kind.
    pub(crate) fn new(kind: u8) -> Option<Self> {
        let kind = match kind {
            DOUBLES..=127 => Kind::Doubles { zeros: kind - DOUBLES },
            _ => Kind::Decimals { power: *POWERS.get(usize::from(kind))? },
        };
        Some(Self { kind, last: 0 })
    }

    /// Returns the last decimal as an integer, and the power of ten by which it is divided.
    pub(crate) const fn decimal(self) -> Option<(i64, f64)> {
        match self.kind {
            Kind::Decimals { power } => Some((self.last as i64, power)),
            Kind::Doubles { .. } => None,
        }
    }

    /// Replaces the next integers by the bits of their values.
    pub(crate) fn decode(&mut self, integers: &mut [u64]) -> Result<(), DecodeError> {
        match self.kind {
            Kind::Decimals { power } => {
                self.decode_integers(integers)?;
                integers.iter_mut().for_each(|integer| *integer = divide(*integer as i64, power));
                Ok(())
            }
            Kind::Doubles { zeros } => self.decode_doubles(zeros, integers),
        }
    }

    /// Replaces the next integers by the decimals as integers. A sum that wraps is never within their
    /// bounds.
    pub(crate) fn decode_integers(&mut self, integers: &mut [u64]) -> Result<(), DecodeError> {
        let (mut last, mut exact) = (self.last as i64, true);
        for integer in integers {
            last = last.wrapping_add(unzigzag(*integer));
            exact &= last.unsigned_abs() < EXACT;
            *integer = last as u64;
        }
        self.last = last as u64;
        exact.then_some(()).ok_or(DecodeError::Inconsistent)
    }

    /// The values must be finite.
    fn decode_doubles(&mut self, zeros: u8, integers: &mut [u64]) -> Result<(), DecodeError> {
        let (mut last, mut finite) = (self.last, true);
        for integer in integers {
            last ^= *integer << zeros;
            finite &= f64::from_bits(last).is_finite();
            *integer = last;
        }
        self.last = last;
        finite.then_some(()).ok_or(DecodeError::Inconsistent)
    }
}

/// Returns the bits of an integer below [`EXACT`], divided. The compiler makes it for several integers at
/// once, which it does not do for a cast: small processors have one only for a single integer.
#[inline(always)]
fn divide(integer: i64, power: f64) -> u64 {
    // The bits of 2^52 and an integer below it are those of their sum.
    let absolute = f64::from_bits(integer.unsigned_abs() | TWO_TO_52.to_bits()) - TWO_TO_52;
    (absolute / power).to_bits() | (integer as u64 & SIGN)
}

const TWO_TO_52: f64 = EXACT as f64;
const SIGN: u64 = 1 << 63;

const DOUBLES: u8 = 64;

/// Doubles represent every integer below this one, and every half, so only the division rounds.
pub(crate) const EXACT: u64 = 1 << 52;

const POWERS: [f64; 13] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12];

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn kind_of(values: &[f64]) -> u8 {
        let bits: Vec<_> = values.iter().map(|value| value.to_bits()).collect();
        let mut integers = bits.clone();
        let (kind, totals) = encode(&mut integers);
        assert_eq!(totals.is_some(), kind < DOUBLES);
        assert_eq!(Values::new(kind).expect("a kind").decode(&mut integers), Ok(()));
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
        let mut integers = [single.to_bits(); 2];
        assert_eq!(encode(&mut integers), (DOUBLES + 29, None));
        assert_eq!(integers, [single.to_bits() >> 29, 0]);
    }

    #[test]
    fn what_is_beyond_the_bounds_of_decimals_or_not_finite_is_no_value() {
        let decode = |kind, integers: &mut [u64]| Values::new(kind).map(|mut v| v.decode(integers));
        let inconsistent = Some(Err(DecodeError::Inconsistent));
        assert_eq!(decode(0, &mut [zigzag(EXACT as i64)]), inconsistent);
        assert_eq!(decode(12, &mut [zigzag(i64::MAX), zigzag(i64::MAX), 2]), inconsistent);
        assert_eq!(decode(DOUBLES, &mut [f64::INFINITY.to_bits()]), inconsistent);
        assert_eq!(decode(DOUBLES + 52, &mut [0x7ff]), inconsistent);
        for kind in [13, 63, 128, 255] {
            assert_eq!(decode(kind, &mut []), None);
        }
    }
}
