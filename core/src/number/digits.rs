//! Parses digits, eight at a time.

/// Parses one digit.
pub(super) fn digit(text: &[u8]) -> Option<(&[u8], u8)> {
    let (digit, rest) = text.split_first()?;
    digit.is_ascii_digit().then_some((rest, digit & 15))
}

/// Parses eight digits.
pub(super) fn eight_digits(text: &[u8]) -> Option<(&[u8], u32)> {
    let (bytes, rest) = text.split_first_chunk()?;
    let (ones, others) = ones(bytes);
    (others == 0).then(|| (rest, join(ones)))
}

/// Appends the digits at the front of a text to a number, which wraps if it overflows.
pub(super) fn append_digits(mut sum: u64, mut text: &[u8]) -> (&[u8], u64) {
    while let Some((bytes, rest)) = text.split_first_chunk() {
        let (ones, others) = ones(bytes);
        let count = others.trailing_zeros() / 8;
        let Some(&scale) = TENS.get(count as usize) else {
            (text, sum) = (rest, append(sum, 100_000_000, join(ones)));
            continue;
        };
        // Moves the digits to the end, with zeros in front.
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

/// The powers of ten for fewer than eight digits.
static TENS: [u32; 8] = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000, 10_000_000];

/// Returns the digits of eight bytes, the first one lowest, and a mask with bits set in bytes that
/// are not digits. After the first such byte, bits may be set for digits too.
fn ones(bytes: &[u8; 8]) -> (u64, u64) {
    let ones = u64::from_le_bytes(*bytes) ^ (EACH * 0x30);
    // A digit has become 0 to 9, so its high half stays 0 if 6 is added.
    (ones, (ones | ones.wrapping_add(EACH * 0x06)) & (EACH * 0xf0))
}

/// Joins eight digits to one number: first neighbours to pairs, then pairs to fours, then both
/// fours. Of two neighbours the lower one comes first, and counts 10, 100 or 10,000 times more.
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
