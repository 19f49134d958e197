//! The text of usual samples, written eight characters at a time.
//!
//! Most values are decimals of up to three places. There is one such decimal at most that reads back to the same
//! double, so without zeros at its end it has the fewest digits, and one multiplication finds it. Others are left to
//! zmij.

/// The room that a text is written in: more than the longest one has, since eight bytes are written at once.
const ROOM: usize = 72;

/// Writes ` value timestamp LF`, the value in the fewest digits that read back to the same bits; returns the length.
#[inline(always)]
pub(crate) fn write_numbers(value: f64, timestamp: i64, bytes: &mut [u8; ROOM]) -> usize {
    let mut text = Text { bytes, length: 0 };
    text.push_value(value);
    text.push_timestamp(timestamp);
    text.push(b'\n'.into(), 1);
    text.length
}

/// A text that is written.
struct Text<'a> {
    bytes: &'a mut [u8; ROOM],
    length: usize,
}

impl Text<'_> {
    /// Appends a value between spaces.
    #[inline(always)]
    fn push_value(&mut self, value: f64) {
        let Some(thousandths) = thousandths(value) else {
            self.push(b' '.into(), 1);
            self.length = append_value(value, self.bytes, self.length);
            return self.push(b' '.into(), 1);
        };
        self.push(u64::from_le_bytes(*b" -      "), 1 + usize::from(value.is_sign_negative()));
        self.push_natural(thousandths / 1000);
        self.push_piece(FRACTIONS.get((thousandths % 1000) as usize).copied().unwrap_or_default());
    }

    #[inline(always)]
    fn push_timestamp(&mut self, timestamp: i64) {
        match u64::try_from(timestamp) {
            Ok(number @ 0..MAX_NATURAL) => self.push_natural(number),
            _ => self.length = append_timestamp(timestamp, self.bytes, self.length),
        }
    }

    /// Appends the lowest bytes, the first one lowest.
    #[inline(always)]
    fn push(&mut self, eight: u64, length: usize) {
        // The longest text has fewer than 64 bytes. The mask spares the check.
        let room = self.bytes.get_mut(self.length & 63..);
        if let Some(place) = room.and_then(|room| room.first_chunk_mut()) {
            *place = eight.to_le_bytes();
        }
        self.length = self.length.wrapping_add(length);
    }

    /// Appends a piece of a table.
    #[inline(always)]
    fn push_piece(&mut self, piece: u64) {
        self.push(piece, (piece >> LENGTH) as usize);
    }

    /// Appends a number below [`MAX_NATURAL`] without zeros in front.
    #[inline(always)]
    fn push_natural(&mut self, number: u64) {
        if number < EIGHT {
            return self.push_first(number);
        }
        self.push_first(number / EIGHT);
        self.push(eight_digits(number % EIGHT), 8);
    }

    /// Appends a number of up to eight digits without zeros in front.
    #[inline(always)]
    fn push_first(&mut self, number: u64) {
        if let Some(piece) = NATURALS.get(number as usize) {
            return self.push_piece(*piece);
        }
        let digits = eight_digits(number);
        let zeros = (digits & !ZEROS).trailing_zeros() / 8;
        self.push(digits >> (8 * zeros), 8 - zeros as usize);
    }
}

/// Appends any value to a text; returns the length then.
#[inline(always)]
fn append_value(value: f64, text: &mut [u8; ROOM], length: usize) -> usize {
    append(zmij::Buffer::new().format_finite(value), text, length)
}

/// Appends any timestamp to a text; returns the length then.
#[cold]
fn append_timestamp(timestamp: i64, text: &mut [u8; ROOM], length: usize) -> usize {
    append(itoa::Buffer::new().format(timestamp), text, length)
}

#[inline(always)]
fn append(digits: &str, text: &mut [u8; ROOM], length: usize) -> usize {
    let room = text.get_mut(length..).and_then(|room| room.get_mut(..digits.len()));
    room.into_iter().for_each(|room| room.copy_from_slice(digits.as_bytes()));
    length.wrapping_add(digits.len())
}

/// Ten to the power of eight.
const EIGHT: u64 = 100_000_000;

/// The bound on what is written in two steps of eight digits.
const MAX_NATURAL: u64 = EIGHT * EIGHT;

/// The digit `0` in each byte.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Returns a value times 1,000, without its sign, if it is a decimal of up to three places that reads back to the
/// same double. Of values from 2^43 on there may be several such decimals, and of those below 2^-10 few are.
fn thousandths(value: f64) -> Option<u64> {
    let bits = value.to_bits();
    // The value is `significand / 2^places`.
    let places = 1075_u64.wrapping_sub((bits >> 52) & 0x7ff);
    if !(10..=62).contains(&places) {
        return (value == 0.0).then_some(0);
    }
    let product = ((bits & ((1 << 52) - 1)) | (1 << 52)) * 1000;
    // What is above the nearest multiple of `2^places`, or below it.
    let error = (product << (64 - places)).cast_signed() >> (64 - places);
    // A decimal reads back if it is nearer than half the distance to the next double. The one below a power of two is
    // nearer than the one above, but there the error is a multiple of 2^55.
    let is_same = error.unsigned_abs() < 500;
    is_same.then(|| product.wrapping_sub(error.cast_unsigned()) >> places)
}

/// Returns the digits of a number below 10^8 in eight bytes, the first one lowest: two numbers of four digits, then
/// four of two, then eight of one. The quotients are exact for such numbers.
fn eight_digits(number: u64) -> u64 {
    let high = number / 10_000;
    let fours = high | ((number - high * 10_000) << 32);
    let high = ((fours * 5_243) >> 19) & 0x0000_007f_0000_007f;
    let pairs = high | ((fours - high * 100) << 16);
    let high = ((pairs * 103) >> 10) & 0x000f_000f_000f_000f;
    high | ((pairs - high * 10) << 8) | ZEROS
}

/// Where a piece of a table has its length: above its characters, of which the first one is lowest.
const LENGTH: u32 = 56;

/// The numbers below 1,000.
static NATURALS: [u64; 1000] = {
    let (mut pieces, mut number) = ([0; 1000], 0_u64);
    let mut rest: &mut [u64] = &mut pieces;
    while let Some((piece, others)) = rest.split_first_mut() {
        let zeros = (number < 100) as u32 + (number < 10) as u32;
        *piece = (three_digits(number) >> (8 * zeros)) | ((3 - zeros as u64) << LENGTH);
        (rest, number) = (others, number + 1);
    }
    pieces
};

/// The thousandths: a point, the digits up to the last that is not zero, but at least one, and a space.
static FRACTIONS: [u64; 1000] = {
    let (mut pieces, mut number) = ([0; 1000], 0_u64);
    let mut rest: &mut [u64] = &mut pieces;
    while let Some((piece, others)) = rest.split_first_mut() {
        let zeros = number.is_multiple_of(100) as u32 + number.is_multiple_of(10) as u32;
        let end = 8 * (4 - zeros);
        let digits = (three_digits(number) << 8 | b'.' as u64) & ((1 << end) - 1);
        *piece = digits | ((b' ' as u64) << end) | ((5 - zeros as u64) << LENGTH);
        (rest, number) = (others, number + 1);
    }
    pieces
};

const fn three_digits(number: u64) -> u64 {
    (ZEROS & 0xff_ffff) | (number / 100) | ((number / 10 % 10) << 8) | ((number % 10) << 16)
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::number::Digits;

    /// Checks that the text is that of the general way.
    fn check(value: f64, timestamp: i64) {
        let (mut digits, mut bytes) = (Digits::new(), [0; ROOM]);
        let length = write_numbers(value, timestamp, &mut bytes);
        let (value, timestamp) = digits.write(value, timestamp);
        let expected = [b" ", value, b" ", timestamp, b"\n"].concat();
        assert_eq!(bytes[..length], expected, "{:?}", std::str::from_utf8(&expected));
    }

    /// Random numbers, and as many of them short as long.
    fn numbers() -> impl Iterator<Item = u64> {
        let mut state = 1_u64;
        std::iter::repeat_with(move || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            ((state >> 11) & ((1 << 53) - 1)) >> (state >> 58).min(52)
        })
    }

    #[test]
    fn decimals_of_three_places_are_multiplied_and_written_as_in_the_general_way() {
        for (number, timestamp) in numbers().zip(numbers().skip(7)).take(100_000) {
            for scale in [1.0, 10.0, 100.0, 1000.0] {
                let value = number as f64 / scale;
                check(value, timestamp.cast_signed());
                check(-value, -timestamp.cast_signed());
                let is_plain = value == 0.0 || (0.001..8e12).contains(&value);
                assert!(thousandths(value).is_some() || !is_plain, "{value}");
            }
        }
    }

    #[test]
    fn their_neighbours_and_other_doubles_are_written_as_in_the_general_way() {
        for number in numbers().take(100_000) {
            let value = number as f64 / 100.0;
            for step in [-2, -1, 1, 2] {
                check(f64::from_bits(value.to_bits().saturating_add_signed(step)), 0);
            }
            check(f64::from_bits(number << 10), 0);
        }
        for value in (-1074..1024).map(|power| 2_f64.powi(power)) {
            check(value.next_down(), 0);
            check(value, 0);
            check(value.next_up(), 0);
        }
    }

    #[test]
    fn small_thousandths_are_written_as_in_the_general_way() {
        (0..1_100_000).for_each(|number| check(f64::from(number) / 1000.0, 0));
    }

    #[test]
    fn timestamps_are_written_as_in_the_general_way() {
        for number in (0..19).map(|power| 10_i64.pow(power)) {
            for timestamp in [number - 1, number, number + 1] {
                check(1.0, timestamp);
                check(1.0, -timestamp);
            }
        }
        check(1.0, i64::MIN);
        check(1.0, i64::MAX);
    }

    /// The mask that spares a check must not change a place.
    #[test]
    fn eight_bytes_fit_behind_the_longest_text() {
        let mut bytes = [0; ROOM];
        let longest = write_numbers(-f64::MIN_POSITIVE, i64::MIN, &mut bytes);
        assert!(longest <= 64 && 64 + 8 <= ROOM);
    }
}
