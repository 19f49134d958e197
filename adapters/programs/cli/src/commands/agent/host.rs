//! The host's name, as keys start with it.

use metric_proto::{Key, MAX_KEY};
use sysinfo::System;

/// The longest name that leaves room for every metric's.
pub(super) const LONGEST: usize = MAX_KEY - ".network_usage".len();

/// Takes the place of a character that no key may have.
const REPLACEMENT: char = '_';

/// The name of this machine, fit for keys.
pub(super) fn name() -> String {
    clean(&System::host_name().unwrap_or_default())
}

/// Checks a name that somebody chose: unlike the system's it is refused, not changed.
pub(super) fn check(name: &str) -> Result<String, String> {
    let valid = (1..=LONGEST).contains(&name.len()) && name.chars().all(fits);
    valid.then(|| name.to_owned()).ok_or_else(|| {
        format!("it takes 1 to {LONGEST} bytes without white space or control characters")
    })
}

fn clean(name: &str) -> String {
    let mut clean: String =
        name.trim().chars().map(|c| if fits(c) { c } else { REPLACEMENT }).collect();
    clean.truncate(clean.floor_char_boundary(LONGEST));
    if clean.is_empty() { "localhost".to_owned() } else { clean }
}

/// Says whether a key may have the character; `*` is wrong only as the whole key.
pub(super) fn fits(c: char) -> bool {
    Key::new(&format!("x{c}")).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_host_name_becomes_one_that_keys_can_start_with() {
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
    fn a_chosen_name_is_refused_if_it_does_not_fit() {
        for name in ["", "a b", "a\n", "a\u{a0}b", &"x".repeat(LONGEST + 1)] {
            assert!(check(name).is_err(), "{name:?}");
        }
    }
}
