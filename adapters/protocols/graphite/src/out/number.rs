//! Numbers as Graphite writes them, which is as Python does.

/// Writes a number in the fewest digits that read back to it: `1.0`, `1e+16`.
pub(crate) fn shortest(number: f64) -> String {
    if !number.is_finite() {
        return format!("{number}").to_lowercase();
    }
    let text = format!("{number:e}");
    let (digits, exponent) = split_exponent(&text);
    if (-4..16).contains(&exponent) {
        return format!("{number:?}");
    }
    with_exponent(digits, exponent)
}

/// Writes a number in six digits at most: `1`, `0.1`, `1e+06`.
pub(crate) fn rounded(number: f64) -> String {
    if !number.is_finite() || number == 0.0 {
        let text = shortest(number);
        return text.strip_suffix(".0").map_or(text.clone(), str::to_owned);
    }
    let text = format!("{number:.5e}");
    let (digits, exponent) = split_exponent(&text);
    if (-4..6).contains(&exponent) {
        let places = usize::try_from(5 - exponent).unwrap_or(0);
        return without_zeros(&format!("{number:.places$}")).to_owned();
    }
    with_exponent(without_zeros(digits), exponent)
}

fn split_exponent(text: &str) -> (&str, i32) {
    let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
    (digits, exponent.parse().unwrap_or(0))
}

/// Writes an exponent of two digits at least.
fn with_exponent(digits: &str, exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_python_writes_them() {
        let cases = [
            (0.0, "0.0", "0"),
            (-0.0, "-0.0", "-0"),
            (1.0, "1.0", "1"),
            (100.0, "100.0", "100"),
            (0.1, "0.1", "0.1"),
            (-2.5, "-2.5", "-2.5"),
            (123_456.0, "123456.0", "123456"),
            (1_234_567.0, "1234567.0", "1.23457e+06"),
            (999_999.5, "999999.5", "1e+06"),
            (0.000_1, "0.0001", "0.0001"),
            (0.000_012_5, "1.25e-05", "1.25e-05"),
            (1e16, "1e+16", "1e+16"),
            (1e100, "1e+100", "1e+100"),
            (1.5e-7, "1.5e-07", "1.5e-07"),
            (1e15, "1000000000000000.0", "1e+15"),
            (f64::INFINITY, "inf", "inf"),
            (-f64::INFINITY, "-inf", "-inf"),
        ];
        for (number, long, short) in cases {
            assert_eq!((shortest(number).as_str(), rounded(number).as_str()), (long, short));
        }
    }
}
