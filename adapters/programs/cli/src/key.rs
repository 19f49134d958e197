//! Says why a text is no key. The core tells only that it is none.

use metric_proto::{InvalidKey, Key, LONGEST_KEY};

/// Checks a key of the command line.
///
/// # Errors
///
/// What is wrong with it, and where.
pub(crate) fn check(text: &str) -> Result<(), String> {
    Key::new(text).map(drop).map_err(|InvalidKey| {
        let bad = text.chars().zip(1..).find(|&(char, _)| !fits(char));
        match bad {
            Some((char, number)) => format!(
                "a key has no white space or control characters, but character {number} is {}",
                named(char)
            ),
            None if text.len() > LONGEST_KEY => {
                format!("a key has at most {LONGEST_KEY} bytes, and this has {}", text.len())
            }
            None if text.is_empty() => "a key has at least one byte".to_owned(),
            None => "* is no key, since it stands for all of them".to_owned(),
        }
    })
}

/// Returns whether a key may contain the character. `*` is invalid only as a whole key.
pub(crate) fn fits(char: char) -> bool {
    Key::new(&format!("x{char}")).is_ok()
}

fn named(char: char) -> String {
    match char {
        ' ' => "a space".to_owned(),
        '\t' => "a tab".to_owned(),
        '\n' => "a line feed".to_owned(),
        _ => format!("U+{:04X}", u32::from(char)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_wrong_character_is_named_with_its_place() {
        let long = "k".repeat(LONGEST_KEY + 1);
        for (text, why) in [
            ("a b", "but character 2 is a space"),
            ("\ta", "but character 1 is a tab"),
            ("palm.cpu\n", "but character 9 is a line feed"),
            ("\u{e9}\u{1b}[31m", "but character 2 is U+001B"),
            ("a\u{a0}b\u{1b}", "but character 2 is U+00A0"),
            (&long, "a key has at most 1000 bytes, and this has 1001"),
            ("", "a key has at least one byte"),
            ("*", "* is no key"),
        ] {
            let told = check(text).unwrap_err();
            assert!(told.contains(why), "{text:?}: {told}");
        }
        assert_eq!(check("palm.cpu"), Ok(()));
    }
}
