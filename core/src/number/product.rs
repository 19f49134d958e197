//! Multiplies digits by a power of ten, in 64 bits, which decides how nearly all numbers round.
//!
//! The power is a product itself, `10^q = 2^q * 5^(27 * leap) * 5^step`. The tables hold the
//! leading 64 bits of these powers of five in 416 bytes. A table of all powers would take 10 KB.

use core::cmp::Ordering;

/// The first digits of a number.
#[derive(Clone, Copy)]
pub(super) struct Leading {
    /// The digits as a whole number, which is not 0.
    pub(super) digits: u64,
    /// Whether more digits follow. Then these are 19.
    pub(super) more: bool,
    /// The power of ten that the number is multiplied by.
    pub(super) ten: i64,
}

/// What is known from the leading bits of a number.
pub(super) struct Estimate {
    /// The bits of the largest double that is not above the number.
    pub(super) floor: u64,
    /// How the number compares with the middle between `floor` and the next double, if known.
    pub(super) order: Option<Ordering>,
}

/// The bits of infinity, which follow those of the largest double.
pub(super) const INFINITY: u64 = f64::INFINITY.to_bits();

/// Multiplies the digits by their power of ten.
pub(super) fn estimate(leading: Leading) -> Estimate {
    match leading.ten {
        ..FIRST => Estimate { floor: 0, order: Some(Ordering::Less) },
        FIRST..=LAST => product(leading),
        _ => Estimate { floor: INFINITY, order: Some(Ordering::Less) },
    }
}

/// With a lower power of ten, digits that fit 64 bits are below half of the smallest double; with a
/// higher one they are infinite.
const FIRST: i64 = -343;
const LAST: i64 = 308;

fn product(leading: Leading) -> Estimate {
    let ten = leading.ten as i32;
    let zeros = leading.digits.leading_zeros();
    let (mut product, shift) = multiply(leading.digits.wrapping_shl(zeros), power_of_five(ten));
    // The double is the upper bits of the product, times two to this power.
    let mut two = floor_log2_of_ten_to(ten) + 1 - (zeros + shift) as i32 + FRACTION as i32;
    if two < SMALLEST {
        product = product.checked_shr((SMALLEST - two) as u32).unwrap_or(0);
        two = SMALLEST;
    }
    let error = if leading.more { ERROR + ERROR_OF_MORE } else { ERROR };
    let floor = (product >> FRACTION).saturating_add(((two - SMALLEST) as u64) << 52);
    Estimate { floor: floor.min(INFINITY), order: cmp_half(product as u32 & (2 * HALF - 1), error) }
}

/// The exponent of the smallest double, a power of two.
const SMALLEST: i32 = -1074;

/// The bits of a product that do not fit the 53 bits of a double.
const FRACTION: u32 = 64 - 53;
const HALF: u32 = 1 << (FRACTION - 1);

/// Compares the lowest bits of a product with half of the bit above them. The true bits are larger
/// by less than `error`. `None` if that leaves the order open.
fn cmp_half(fraction: u32, error: u32) -> Option<Ordering> {
    match HALF.checked_sub(fraction) {
        None => Some(Ordering::Greater),
        Some(room) if room >= error => Some(Ordering::Less),
        Some(_) => None,
    }
}

/// A product is too small by less than this, in units of its last bit. Its factors are below 2^64,
/// so a unit in one of them is less than one unit in the product, or less than two if that is
/// shifted.
///
/// Rounding down makes an entry of a table too small by less than 1, and each product too. A power
/// made of two entries is too small by less than `2 + 1`, or by `2 * 1.5 + 1` with a shift, for
/// which one of the entries must be small. The digits times it are too small by less than `4 + 1`,
/// or by `2 * 4 + 1` with a shift. Below the smallest double more bits are dropped, so that a unit
/// is at least twice as large.
const ERROR: u32 = 9;

/// The digits after the first 19 add less than 1 to the last of them. The digits are shifted by 4
/// bits at most, the product by one more, and the error of the power adds a little.
const ERROR_OF_MORE: u32 = (1 << 5) + 1;

/// Returns the leading 64 bits of the product of two numbers with their highest bit set, and by how
/// many bits it was shifted so that its highest bit is set too.
fn multiply(left: u64, right: u64) -> (u64, u32) {
    let (low, high) = left.carrying_mul(right, 0);
    if high >> 63 == 1 { (high, 0) } else { (high << 1 | low >> 63, 1) }
}

/// Returns the exponent of the highest bit. A test compares every power in use.
fn floor_log2_of_ten_to(power: i32) -> i32 {
    (power * 217_706) >> 16
}

/// Returns the leading 64 bits of five to a power from [`FIRST`] to [`LAST`].
fn power_of_five(power: i32) -> u64 {
    let above = (power - LEAP * FIRST_LEAP - FIRST_STEP) as usize;
    let entry = |table: &[u64], index: usize| table.get(index).copied().unwrap_or(0);
    let (leap, step) = (entry(&LEAPS, above / LEAP as usize), entry(&STEPS, above % LEAP as usize));
    if leap == 1 << 63 { step } else { multiply(leap, step).0 }
}

/// The highest power of five that fits 64 bits.
const LEAP: i32 = 27;
const FIRST_LEAP: i32 = -12;
const FIRST_STEP: i32 = -23;

/// The leading bits of `5^-23` to `5^3`, which most numbers need.
#[expect(clippy::indexing_slicing, reason = "a wrong index is a compile error here")]
static STEPS: [u64; LEAP as usize] = {
    let mut steps = [1 << 63; LEAP as usize];
    let mut at = 0;
    while at < steps.len() {
        let power = at as i32 + FIRST_STEP;
        let five = 5_u64.pow(power.unsigned_abs());
        let bits = u64::BITS - five.leading_zeros();
        if power < 0 {
            steps[at] = ((1 << (63 + bits)) / five as u128) as u64;
        } else {
            steps[at] = five << (u64::BITS - bits);
        }
        at += 1;
    }
    steps
};

/// The leading bits of `5^(27 * -12)` to `5^(27 * 12)`; a test compares them.
static LEAPS: [u64; 25] = [
    0xcf42_894a_5dce_35ea,
    0xa76c_5823_38ed_2621,
    0x873e_4f75_e222_4e68,
    0xda7f_5bf5_9096_6848,
    0xb080_392c_c434_9dec,
    0x8e93_8662_882a_f53e,
    0xe658_29b3_046b_0afa,
    0xba12_1a46_50e4_ddeb,
    0x964e_858c_91ba_2655,
    0xf2d5_6790_ab41_c2a2,
    0xc428_d05a_a475_1e4c,
    0x9e74_d1b7_91e0_7e48,
    0x8000_0000_0000_0000,
    0xcecb_8f27_f420_0f3a,
    0xa70c_3c40_a64e_6c51,
    0x86f0_ac99_b4e8_dafd,
    0xda01_ee64_1a70_8de9,
    0xb01a_e745_b101_e9e4,
    0x8e41_ade9_fbeb_c27d,
    0xe5d3_ef28_2a24_2e81,
    0xb9a7_4a06_37ce_2ee1,
    0x95f8_3d0a_1fb6_9cd9,
    0xf24a_01a7_3cf2_dccf,
    0xc3b8_3581_09e8_4f07,
    0x9e19_db92_b4e3_1ba9,
];

#[cfg(test)]
mod tests {
    use super::super::natural::Natural;
    use super::*;

    #[test]
    fn every_power_is_at_most_four_units_below_the_true_one() {
        for power in FIRST as i32..=LAST as i32 {
            let five = power_of_five(power);
            let two = floor_log2_of_ten_to(power) - power - 63;
            assert!(five >> 63 == 1);
            assert!(cmp_with_power(five, two, power).is_le(), "5^{power}");
            let above = five.checked_add(4);
            assert!(
                above.is_none_or(|above| cmp_with_power(above, two, power).is_gt()),
                "5^{power}"
            );
        }
    }

    #[test]
    fn an_entry_of_a_table_is_less_than_one_unit_below_the_true_one() {
        let leaps = LEAPS.iter().zip((FIRST_LEAP * LEAP..).step_by(LEAP as usize));
        for (&entry, power) in leaps.chain(STEPS.iter().zip(FIRST_STEP..)) {
            let two = floor_log2_of_ten_to(power) - power - 63;
            assert!(cmp_with_power(entry, two, power).is_le(), "5^{power}");
            assert!(cmp_with_power(entry + 1, two, power).is_gt(), "5^{power}");
        }
    }

    /// Compares `number * 2^two` with `5^power`.
    fn cmp_with_power(number: u64, two: i32, power: i32) -> Ordering {
        let [mut left, mut right] = [Natural::from(number), Natural::from(1)];
        let fives = if power < 0 { &mut left } else { &mut right };
        fives.multiply_by_five_to(power.unsigned_abs());
        let twos = if two < 0 { &mut right } else { &mut left };
        twos.multiply_by_two_to(two.unsigned_abs());
        left.cmp(&right)
    }
}
