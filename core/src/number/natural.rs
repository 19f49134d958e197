//! Whole numbers with many digits.

use core::cmp::Ordering;
use core::iter::repeat_n;

/// A whole number in limbs of 32 bits, the lowest first.
pub(super) struct Natural {
    limbs: [u32; LIMBS],
    length: usize,
    /// The number of zero limbs below these.
    zeros: usize,
}

/// Room for 768 digits, which take 2,552 bits, or a middle about as large, and for one limb of a
/// shift.
const LIMBS: usize = 2552_usize.div_ceil(32) + 1;

impl Natural {
    const ZERO: Self = Self { limbs: [0; LIMBS], length: 0, zeros: 0 };

    pub(super) fn from(number: u64) -> Self {
        let mut natural = Self::ZERO;
        natural.push(number as u32);
        natural.push((number >> 32) as u32);
        natural
    }

    pub(super) fn from_digits(digits: impl Iterator<Item = u8>) -> Self {
        let mut natural = Self::ZERO;
        let (mut part, mut scale) = (0_u32, 1_u32);
        for digit in digits {
            part = part.wrapping_mul(10).wrapping_add(digit.into());
            scale = scale.wrapping_mul(10);
            if scale == TEN_TO_9 {
                natural.multiply_and_add(scale, part);
                (part, scale) = (0, 1);
            }
        }
        natural.multiply_and_add(scale, part);
        natural
    }

    pub(super) fn multiply_by_five_to(&mut self, power: u32) {
        for _ in 0..power / 13 {
            self.multiply_and_add(FIVE_TO_13, 0);
        }
        let rest = (0..power % 13).fold(1_u32, |five, _| five.wrapping_mul(5));
        self.multiply_and_add(rest, 0);
    }

    pub(super) fn multiply_by_two_to(&mut self, power: u32) {
        self.multiply_and_add(1 << (power % 32), 0);
        self.zeros = power as usize / 32;
    }

    fn multiply_and_add(&mut self, factor: u32, addend: u32) {
        let mut carry = addend;
        for limb in self.limbs.iter_mut().take(self.length) {
            (*limb, carry) = limb.carrying_mul(factor, carry);
        }
        self.push(carry);
    }

    /// Adds a limb above the others, unless it is 0.
    fn push(&mut self, limb: u32) {
        if let Some(place) = self.limbs.get_mut(self.length).filter(|_| limb != 0) {
            *place = limb;
            self.length = self.length.wrapping_add(1);
        }
    }

    pub(super) fn cmp(&self, other: &Self) -> Ordering {
        let size = |natural: &Self| natural.length.wrapping_add(natural.zeros);
        size(self).cmp(&size(other)).then_with(|| self.downwards().cmp(other.downwards()))
    }

    /// Returns the limbs, the highest first.
    fn downwards(&self) -> impl Iterator<Item = u32> {
        let limbs = self.limbs.get(..self.length).unwrap_or_default();
        limbs.iter().rev().copied().chain(repeat_n(0, self.zeros))
    }
}

/// The highest powers that fit a limb.
const TEN_TO_9: u32 = 1_000_000_000;
const FIVE_TO_13: u32 = 1_220_703_125;
