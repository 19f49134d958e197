//! The model's values: parsing and writing numbers.

/// Parses a value. Returns `None` if the text is not a decimal number that a double can hold.
pub fn parse_value(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    if !is_mantissa(mantissa) || !exponent.is_none_or(is_exponent) {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite())
}

/// Writes a value with the fewest digits that read back to the same bits; of texts equally short
/// the nearest, and of two equally near the one whose last digit is even.
pub fn value_text(value: f64) -> String {
    let sign = if value.is_sign_negative() { "-" } else { "" };
    let magnitude = value.abs();
    let (digits, exponent) = shortest_digits(magnitude);
    if magnitude == 0.0 || (1e-5..1e16).contains(&magnitude) {
        return format!("{sign}{}", positional(&digits, exponent));
    }
    let (first, rest) = digits.split_at(1);
    let point = if rest.is_empty() { "" } else { "." };
    format!("{sign}{first}{point}{rest}e{exponent:+}")
}

/// Returns the digits, and the exponent of the first of them.
///
/// `{:e}` finds the number of digits but may choose the odd one of two equally near; rounding the
/// exact value to that many digits chooses the even one. Next to a power of two the rounded text may
/// read back as another double, since doubles lie closer together below it.
fn shortest_digits(magnitude: f64) -> (String, i32) {
    let shortest = format!("{magnitude:e}");
    let fraction =
        shortest.split('e').next().map_or(0, |mantissa| mantissa.len().saturating_sub(2));
    let rounded = format!("{magnitude:.fraction$e}");
    let text = if rounded.parse() == Ok(magnitude) { rounded } else { shortest };
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    (mantissa.replace('.', ""), exponent.parse().unwrap_or_default())
}

fn is_mantissa(text: &str) -> bool {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let some = !whole.is_empty() || !fraction.is_empty();
    some && are_digits(whole) && are_digits(fraction)
}

fn is_exponent(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    !digits.is_empty() && are_digits(digits)
}

fn are_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Writes digits with the point at the place given by the exponent of the first digit.
fn positional(digits: &str, exponent: i32) -> String {
    if exponent < 0 {
        let zeros = "0".repeat(exponent.unsigned_abs() as usize - 1);
        return format!("0.{zeros}{digits}");
    }
    let whole = exponent.unsigned_abs() as usize + 1;
    let padded = format!("{digits:0<whole$}");
    let (before, after) = padded.split_at(whole);
    let after = if after.is_empty() { "0" } else { after };
    format!("{before}.{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_as_the_protocol_says() {
        let cases = [
            (23.7, "23.7"),
            (30.0, "30.0"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (0.00001, "0.00001"),
            (0.000012, "0.000012"),
            (1e-6, "1e-6"),
            (2.5e-7, "2.5e-7"),
            (9999999999999998.0, "9999999999999998.0"),
            (1e16, "1e+16"),
            (-1.5e300, "-1.5e+300"),
            (120.0, "120.0"),
            (29_200_485_853_880.063, "29200485853880.062"),
            (9.5367431640625e-7, "9.5367431640625e-7"),
        ];
        for (value, text) in cases {
            assert_eq!(value_text(value), text);
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        let mut random = fastrand::Rng::with_seed(1);
        for _ in 0..10_000 {
            let value = f64::from_bits(random.u64(..));
            if value.is_finite() {
                let read = parse_value(&value_text(value)).map(f64::to_bits);
                assert_eq!(read, Some(value.to_bits()), "{value:e}");
            }
        }
    }
}
