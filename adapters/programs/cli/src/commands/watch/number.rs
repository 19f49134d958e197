//! Formats values in a few columns.

use crate::output::text;

/// Formats a value with up to six significant digits. From a million on it is scaled by powers of
/// 1000 (M, G, T, P, E), or of 1024 (Ki, Mi, Gi, Ti, Pi, Ei) if the key says that it counts bytes.
pub(super) fn scaled(value: f64, key: &str) -> String {
    let [text] = scaled_apart([value], key);
    text
}

/// Formats values in the same way, with more digits if it takes them to tell different ones apart.
pub(super) fn scaled_apart<const N: usize>(values: [f64; N], key: &str) -> [String; N] {
    text::apart(values, |value, digits| scaled_to(value, key, digits))
}

fn scaled_to(value: f64, key: &str, digits: usize) -> String {
    let (base, units) = if counts_bytes(key) { (1_024_f64, BINARY) } else { (1_000.0, DECIMAL) };
    // The digits that are shown decide about the unit, so that none is shown as 1000 of its kind.
    let rounded = format!("{value:.*e}", digits - 1).parse::<f64>().unwrap_or(value).abs();
    if rounded < LEAST {
        return text::rounded(value, digits);
    }
    let scales = (1..).zip(units).map(|(power, unit)| (base.powi(power), unit));
    match scales.into_iter().find(|(scale, _)| rounded < scale * base) {
        Some((scale, unit)) => format!("{}{unit}", text::rounded(value / scale, digits)),
        None => text::rounded(value, digits),
    }
}

/// Formats a difference with its sign.
pub(super) fn difference(difference: f64, key: &str) -> String {
    let text = scaled(difference, key);
    if difference > 0.0 { format!("+{text}") } else { text }
}

fn counts_bytes(key: &str) -> bool {
    key.to_ascii_lowercase().contains("bytes")
}

/// The least value that is scaled. All digits of integers below are shown.
const LEAST: f64 = 1e6;

const DECIMAL: [&str; 6] = ["k", "M", "G", "T", "P", "E"];
const BINARY: [&str; 6] = ["Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_large_value_is_scaled() {
        for (value, text) in [
            (0.0, "0"),
            (-0.25, "-0.25"),
            (123_456.0, "123456"),
            (999_999.0, "999999"),
            (999_999.7, "1M"),
            (1_234_567.89, "1.23457M"),
            (-16_723_456_000.0, "-16.7235G"),
            (999_999_999.9, "1G"),
            (5e18, "5E"),
            (1e300, "1e300"),
        ] {
            assert_eq!(scaled(value, "palm.cpu"), text);
        }
        for (value, text) in [
            (123_456.0, "123456"),
            (1_048_576.0, "1Mi"),
            (1_000_000.0, "976.562Ki"),
            (16_723_456_000.0, "15.5749Gi"),
        ] {
            assert_eq!(scaled(value, "net.rx_Bytes"), text);
        }
        for (change, text) in [(2e6, "+2M"), (-2e6, "-2M"), (0.5, "+0.5"), (0.0, "0")] {
            assert_eq!(difference(change, "k"), text);
        }
    }

    #[test]
    fn values_that_are_close_have_more_digits() {
        let close = scaled_apart([1e10, 1e10 + 1.0], "k");
        assert_eq!(close, ["10G", "10.000000001G"]);
        let close = scaled_apart([(1_i64 << 40) as f64, (1_i64 << 40) as f64 + 1024.0], "bytes");
        assert_eq!(close, ["1Ti", "1.000000001Ti"]);
        assert_eq!(scaled_apart([1e10, 2e10], "k"), ["10G", "20G"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_value_fits_a_column(
            value in any::<f64>().prop_filter("finite", |value| value.is_finite()),
        ) {
            for key in ["k", "bytes"] {
                prop_assert!(scaled(value, key).len() <= 13, "{}", scaled(value, key));
            }
        }
    }
}
