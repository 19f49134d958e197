//! Digits, many at once.

/// Reads a digit.
pub(super) fn digit(text: &[u8]) -> Option<(&[u8], u8)> {
    let (digit, rest) = text.split_first()?;
    digit.is_ascii_digit().then_some((rest, digit & 15))
}

/// Reads eight digits.
pub(super) fn eight_digits(text: &[u8]) -> Option<(&[u8], u32)> {
    let (bytes, rest) = text.split_first_chunk()?;
    let (ones, others) = ones(bytes);
    (others == 0).then(|| (rest, join(ones)))
}

/// Appends the digits at the front of a text to a number, which wraps if they are too many.
pub(super) fn append_digits(mut sum: u64, mut text: &[u8]) -> (&[u8], u64) {
    while let Some((bytes, rest)) = text.split_first_chunk() {
        let (ones, others) = ones(bytes);
        let count = others.trailing_zeros() / 8;
        let Some(&scale) = TENS.get(count as usize) else {
            (text, sum) = (rest, append(sum, 100_000_000, join(ones)));
            continue;
        };
        // The digits go to the end, with zeros in front.
        let fewer = join(ones.wrapping_shl(56_u32.wrapping_sub(8 * count)) << 8);
        return (text.get(count as usize..).unwrap_or_default(), append(sum, scale, fewer));
    }
    while let Some((rest, digit)) = digit(text) {
        (text, sum) = (rest, append(sum, 10, digit.into()));
    }
    (text, sum)
}

fn append(sum: u64, scale: u32, digits: u32) -> u64 {
    sum.wrapping_mul(scale.into()).wrapping_add(digits.into())
}

/// Ten to the power of a count below eight.
static TENS: [u32; 8] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];

/// The values of eight bytes, the first one lowest, and bits in those that are not digits. Bytes
/// behind the first of them may have such bits and be digits.
fn ones(bytes: &[u8; 8]) -> (u64, u64) {
    let ones = u64::from_le_bytes(*bytes) ^ (EACH * 0x30);
    // Of a digit only a low half is left, which 6 more do not overflow.
    (ones, (ones | ones.wrapping_add(EACH * 0x06)) & (EACH * 0xf0))
}

/// Joins neighbours to pairs, pairs to fours, and these to one number: to what stands in the lower
/// places comes as many times ten, a hundred and so on of what stands before it, which is lower.
fn join(ones: u64) -> u32 {
    let pairs = joined(ones, 10, 8) & 0x00ff_00ff_00ff_00ff;
    let fours = joined(pairs, 100, 16) & 0x0000_ffff_0000_ffff;
    joined(fours, 10_000, 32) as u32
}

fn joined(parts: u64, scale: u64, bits: u32) -> u64 {
    parts.wrapping_mul(scale).wrapping_add(parts.wrapping_shr(bits))
}

/// A one in each byte.
const EACH: u64 = 0x0101_0101_0101_0101;
