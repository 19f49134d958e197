//! The host name with which keys begin.

use metric_proto::MAX_KEY;

use super::machine::host_name;
use crate::key::{self, fits};

/// The longest host name that leaves room for every metric.
pub(super) const LONGEST: usize = MAX_KEY - ".network_usage".len();

/// The replacement for characters that are not allowed in keys.
const REPLACEMENT: char = '_';

/// Returns this machine's host name, made valid for keys.
pub(super) fn name() -> String {
    clean(&host_name())
}

/// Checks a name from the command line. An invalid one is refused and not changed.
pub(super) fn check(name: &str) -> Result<String, String> {
    match name.len() {
        // With a metric behind it, even `*` is a key.
        1..=LONGEST => key::check(&format!("{name}.")).map(|()| name.to_owned()),
        length => Err(format!("it must have 1 to {LONGEST} bytes, and this has {length}")),
    }
}

fn clean(name: &str) -> String {
    let mut clean: String =
        name.trim().chars().map(|c| if fits(c) { c } else { REPLACEMENT }).collect();
    clean.truncate(clean.floor_char_boundary(LONGEST));
    if clean.is_empty() { "localhost".to_owned() } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_name_becomes_a_valid_prefix_of_keys() {
        let long = "ы".repeat(MAX_KEY);
        let cases = [
            ("palm", "palm"),
            ("palm.example.org", "palm.example.org"),
            ("Büro-PC", "Büro-PC"),
            ("*", "*"),
            ("my computer", "my_computer"),
            ("a\tb\u{a0}c\u{2028}d\0e", "a_b_c_d_e"),
            (" palm\n", "palm"),
            ("", "localhost"),
            (" \n", "localhost"),
            (&long, &long[..LONGEST - 1]),
        ];
        for (name, expected) in cases {
            assert_eq!(clean(name), expected, "{name:?}");
            assert_eq!(check(expected).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn an_invalid_name_from_the_command_line_is_refused() {
        for name in ["", "a b", "a\n", "a\u{a0}b", &"x".repeat(LONGEST + 1)] {
            assert!(check(name).is_err(), "{name:?}");
        }
    }
}
