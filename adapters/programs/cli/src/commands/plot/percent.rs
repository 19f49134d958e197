//! Recognises percentages.

/// Returns whether a series with values from `low` to `high` holds percentages: the unit of values or
/// the key says so, and so do the values.
///
/// The protocol has no units, so this goes by the keys that the agent uses and by common words.
pub(super) fn is_percentage(unit: Option<&str>, key: &str, (low, high): (f64, f64)) -> bool {
    match unit {
        Some("%") => low >= 0.0 && high <= 100.0,
        Some(_) => false,
        // Values up to 1 may be fractions.
        None => {
            low >= 0.0
                && high > 1.0
                && high <= 100.0
                && key.split(['.', ';', '=']).any(says_percent)
        }
    }
}

fn says_percent(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    ["cpu", "usage", "disk_usage"].contains(&&*word)
        || ["percent", "percentage", "pct", "%"].iter().any(|end| word.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_has_its_key_and_its_values() {
        for (key, values, expected) in [
            ("palm.cpu", (3.0, 70.0), true),
            ("palm.usage", (100.0, 100.0), true),
            ("palm.disk_usage./home", (0.0, 1.5), true),
            ("battery_percent", (5.0, 6.0), true),
            ("host;metric=idle_pct", (5.0, 6.0), true),
            ("palm.network_usage", (5.0, 6.0), false),
            ("palm.cpu", (0.0, 0.7), false),
            ("palm.cpu", (0.0, 400.0), false),
            ("palm.cpu", (-1.0, 50.0), false),
            ("palm.cpus", (3.0, 70.0), false),
            ("palm.fan", (3.0, 70.0), false),
        ] {
            assert_eq!(is_percentage(None, key, values), expected, "{key} {values:?}");
        }
    }

    #[test]
    fn the_unit_of_values_counts_more_than_the_key() {
        assert!(is_percentage(Some("%"), "palm.fan", (0.0, 0.5)));
        assert!(!is_percentage(Some("%"), "palm.fan", (0.0, 101.0)));
        assert!(!is_percentage(Some("GB"), "palm.usage", (3.0, 70.0)));
    }
}
