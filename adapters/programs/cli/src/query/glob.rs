//! Patterns of the command line as those of the HTTP API.

use super::pattern::Pattern;

/// What has a meaning in a pattern of the HTTP API unless `\\` stands before it.
const SPECIAL: [char; 8] = ['*', '?', '[', ']', '{', '}', ',', '\\'];

/// Returns the pattern of the HTTP API that matches the same keys. Only a last `*` is more than a
/// character of a key, and stands for dots, too.
pub(crate) fn glob(pattern: &Pattern) -> String {
    let (Pattern::Key(own) | Pattern::Prefix(own)) = pattern;
    let mut glob = String::with_capacity(own.len() + 2);
    for character in own.chars() {
        if SPECIAL.contains(&character) {
            glob.push('\\');
        }
        glob.push(character);
    }
    if let Pattern::Prefix(_) = pattern {
        glob.push_str("**");
    }
    glob
}

#[cfg(test)]
mod tests {
    use metric_query::Glob;
    use proptest::prelude::*;

    use super::*;

    /// Texts of few different characters, so that many match: those that mean something in patterns,
    /// and some that do not.
    fn text() -> impl Strategy<Value = String> {
        let characters: Vec<_> = "ab.-!\u{e9}".chars().chain(SPECIAL).collect();
        prop::collection::vec(prop::sample::select(characters), 1..6).prop_map(String::from_iter)
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(4_096)
        })]

        #[test]
        fn a_pattern_matches_the_same_keys_over_http(
            pattern in text(),
            rest in text(),
            other in text(),
        ) {
            let pattern: Pattern = pattern.parse().unwrap();
            let over_http = Glob::new(glob(&pattern)).unwrap();
            let (Pattern::Key(own) | Pattern::Prefix(own)) = &pattern;
            for key in [own.clone(), format!("{own}{rest}"), format!("{rest}{own}"), other] {
                prop_assert_eq!(pattern.matches(&key), over_http.matches(&key), "{} {}", pattern, key);
            }
        }
    }
}
