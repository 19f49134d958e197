//! Formats values and keys for people.

use std::fmt::Write;

use unicode_truncate::UnicodeTruncateStr;

/// Formats a value with up to six significant digits, and with an exponent if it is very large or
/// very small.
pub(crate) fn value(value: f64) -> String {
    rounded(value, DIGITS)
}

/// Formats a value with up to so many significant digits.
pub(crate) fn rounded(value: f64, digits: usize) -> String {
    let magnitude = value.abs().log10().floor();
    if value == 0.0 {
        "0".to_owned()
    } else if (-5.0..digits.max(9) as f64).contains(&magnitude) {
        let decimals = (digits as f64 - 1.0 - magnitude).max(0.0) as usize;
        without_zeros(&format!("{value:.decimals$}")).to_owned()
    } else {
        let text = format!("{value:.*e}", digits.saturating_sub(1));
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        format!("{}e{exponent}", without_zeros(digits))
    }
}

/// Formats values with six significant digits each, or as many more as tell different ones apart.
/// `format` is [`rounded`], or a function like it.
pub(crate) fn apart<const N: usize>(
    values: [f64; N],
    format: impl Fn(f64, usize) -> String,
) -> [String; N] {
    let texts = (DIGITS..=EXACT).map(|digits| values.map(|value| format(value, digits)));
    let tells = |texts: &[String; N]| {
        let pairs = (1..N).flat_map(|other| (0..other).map(move |one| (one, other)));
        pairs
            .into_iter()
            .all(|(one, other)| (values[one] == values[other]) == (texts[one] == texts[other]))
    };
    texts.into_iter().find(tells).unwrap_or_else(|| values.map(|value| format!("{value:?}")))
}

/// The significant digits that people are shown.
const DIGITS: usize = 6;

/// The significant digits that tell any two doubles apart.
const EXACT: usize = 17;

fn without_zeros(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// Returns the position of a value between `low`, which is 0, and `high`, which is 1. Does not
/// overflow for any finite values.
pub(crate) fn share(value: f64, low: f64, high: f64) -> f64 {
    if (high - low).is_finite() {
        (value - low) / (high - low)
    } else {
        (value / 4.0 - low / 4.0) / (high / 4.0 - low / 4.0)
    }
}

/// Escapes the invisible characters of a text, such as those that control terminals and the one
/// that reverses the direction of the text after it, which is shown as `\u{202e}`.
pub(crate) fn visible(hidden: &str) -> String {
    let quotes = ['"', '\'', '\\'];
    let mut text = String::new();
    for piece in hidden.split_inclusive(quotes) {
        let plain = piece.trim_end_matches(quotes);
        let quote = piece.strip_prefix(plain).unwrap_or_default();
        // Writing to a string does not fail.
        let _ = write!(text, "{}{quote}", plain.escape_debug());
    }
    text
}

/// Shortens a text to `width` columns. Its two ends are kept, since they tell keys apart.
pub(crate) fn shortened(text: &str, width: usize) -> String {
    if text.unicode_truncate(width).0.len() == text.len() {
        return text.to_owned();
    }
    let room = width.saturating_sub(1);
    let (front, _) = text.unicode_truncate(room.div_ceil(2));
    let (end, _) = text.unicode_truncate_start(room / 2);
    if width == 0 { String::new() } else { format!("{front}…{end}") }
}

/// Returns the first of the parts of a text, separated by commas, that fit in `width` columns.
pub(crate) fn fitting(text: &str, width: usize) -> &str {
    let parts = text.match_indices(", ").map(|(end, _)| end).chain([text.len()]);
    let fits = |&end: &usize| self::width(&text[..end]) <= width;
    &text[..parts.take_while(fits).last().unwrap_or(0)]
}

/// Returns the number of columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.unicode_truncate(usize::MAX).1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_has_six_significant_digits() {
        for (number, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (23.7, "23.7"),
            (30.0, "30"),
            (-0.1 - 0.2, "-0.3"),
            (1_234_567.89, "1234568"),
            (100_000_000.0, "100000000"),
            (16_723_456_000.0, "1.67235e10"),
            (0.000_012_345_6, "0.0000123456"),
            (5e-324, "4.94066e-324"),
            (f64::MAX, "1.79769e308"),
            (1e300, "1e300"),
        ] {
            assert_eq!(value(number), text);
        }
    }

    #[test]
    fn values_have_the_digits_that_tell_them_apart() {
        for (values, texts) in [
            ([20.0, 24.5, 80.0], ["20", "24.5", "80"]),
            ([7.0; 3], ["7"; 3]),
            ([1e10, 1e10, 1e10 + 1.0], ["10000000000", "10000000000", "10000000001"]),
            ([1e-3, 1e-3 + 1e-9, 1.0], ["0.001", "0.001000001", "1"]),
            ([1e300, 1.000_000_1e300, 0.0], ["1e300", "1.0000001e300", "0"]),
            ([0.5, 0.5 + f64::EPSILON, 0.75], ["0.5", "0.5000000000000002", "0.75"]),
            ([0.0, -0.0, 1.0], ["0", "0", "1"]),
        ] {
            assert_eq!(apart(values, rounded), texts);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn different_values_have_different_texts(value in any::<f64>(), steps in -3_i64..3) {
            prop_assume!(value.is_finite());
            let near = f64::from_bits(value.to_bits().saturating_add_signed(steps));
            prop_assume!(near.is_finite());
            let [one, other] = apart([value, near], rounded);
            prop_assert_eq!(one == other, value == near, "{} {}", one, other);
        }
    }

    #[test]
    fn a_share_of_the_widest_range_does_not_overflow() {
        assert_eq!(share(15.0, 10.0, 20.0), 0.5);
        assert_eq!(share(0.0, f64::MIN, f64::MAX), 0.5);
        assert_eq!(share(f64::MAX, f64::MIN, f64::MAX), 1.0);
        assert_eq!(share(5e-324, 0.0, 1e-323), 0.5);
    }

    #[test]
    fn every_character_of_a_text_is_visible() {
        for seen in ["palm.cpu", "ключ", "温度", "a\"b'c\\d", "café", "\\\\", "e\u{301}"] {
            assert_eq!(visible(seen), seen);
        }
        assert_eq!(visible("a\u{202e}b\u{200b}"), "a\\u{202e}b\\u{200b}");
    }

    #[test]
    fn the_last_parts_of_a_text_that_do_not_fit_are_left_out() {
        for (width, expected) in
            [(10, "a, 温度, c"), (9, "a, 温度"), (7, "a, 温度"), (6, "a"), (1, "a"), (0, "")]
        {
            assert_eq!(fitting("a, 温度, c", width), expected);
        }
    }

    #[test]
    fn a_long_text_keeps_its_ends() {
        assert_eq!(shortened("palm.cpu", 8), "palm.cpu");
        assert_eq!(shortened("palm.cpu", 7), "pal…cpu");
        assert_eq!(shortened("palm.cpu", 1), "…");
        assert_eq!(shortened("palm.cpu", 0), "");
        assert_eq!(shortened("温度温度", 6), "温…度");
        assert_eq!(width("温度"), 4);
    }
}
