//! The values of Graphite and OpenTSDB.

use crate::fault::Fault;

/// Reads a value as carbon does: digits with an optional sign, point and exponent, rounded to the
/// nearest double. Carbon takes underscores between digits, too; these are no number here.
pub(crate) fn value(text: &[u8]) -> Result<f64, Fault> {
    let text = str::from_utf8(text).map_err(|_| Fault::Value)?;
    finite(text.parse().map_err(|_| Fault::Value)?)
}

/// Refuses what is not finite: `nan` and `inf`, and numbers that are too large for a double.
pub(crate) fn finite(value: f64) -> Result<f64, Fault> {
    if value.is_finite() { Ok(value) } else { Err(Fault::NotFinite) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_decimal_text_of_a_finite_double() {
        for (text, expected) in
            [("23.7", 23.7), ("-0", -0.0), ("5.", 5.0), (".5", 0.5), ("+1E5", 1e5), ("1e-400", 0.0)]
        {
            assert_eq!(
                value(text.as_bytes()).map(f64::to_bits),
                Ok(f64::to_bits(expected)),
                "{text}"
            );
        }
        for text in ["nan", "NaN", "-nan", "inf", "+Infinity", "1e400", "-1e400"] {
            assert_eq!(value(text.as_bytes()), Err(Fault::NotFinite), "{text}");
        }
        for text in ["", ".", "-", "1_000", "0x10", "1,5", "e5", "U", "1.2.3"] {
            assert_eq!(value(text.as_bytes()), Err(Fault::Value), "{text}");
        }
        assert_eq!(value(b"\xff"), Err(Fault::Value));
    }
}
