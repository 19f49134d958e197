//! Formats the age of samples.

use crate::time::Unit;

/// Returns the time since a timestamp in one unit, rounded down: `5s`, `3m`, `20h`, `9d`, `2y`. A
/// timestamp in the future has a negative age.
pub(crate) fn age(timestamp: i64, now: i64, unit: Unit) -> String {
    let seconds = (i128::from(now) - i128::from(timestamp)) / 10_i128.pow(unit.decimals() as u32);
    let sign = if seconds < 0 { "-" } else { "" };
    let seconds = seconds.unsigned_abs();
    let (size, name) = UNITS.into_iter().rfind(|(size, _)| seconds >= 2 * size).unwrap_or((1, 's'));
    match seconds / size {
        // Such a timestamp hardly counts this unit.
        10_000.. => "?".to_owned(),
        count => format!("{sign}{count}{name}"),
    }
}

/// The units. Two of a unit are the least that it is used for, so that its rounding is below half.
const UNITS: [(u128, char); 5] =
    [(1, 's'), (60, 'm'), (3_600, 'h'), (86_400, 'd'), (365 * 86_400, 'y')];

/// The largest width of an age.
pub(crate) const WIDTH: usize = 6;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_age_has_one_unit() {
        for (seconds, text) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (7_199, "119m"),
            (7_200, "2h"),
            (172_799, "47h"),
            (172_800, "2d"),
            (63_071_999, "729d"),
            (63_072_000, "2y"),
            (-1, "-1s"),
            (-7_200, "-2h"),
        ] {
            assert_eq!(age(1_000_000 - seconds, 1_000_000, Unit::Second), text);
            let now = 1_000_000_000;
            assert_eq!(age(now - seconds * 1_000, now, Unit::Millisecond), text);
        }
        assert_eq!(age(1, 1_999, Unit::Millisecond), "1s");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn any_age_fits_its_width(timestamp: i64, now: i64) {
            for unit in [Unit::Second, Unit::Nanosecond] {
                prop_assert!(age(timestamp, now, unit).len() <= WIDTH);
            }
        }
    }
}
