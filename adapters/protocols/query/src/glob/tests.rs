extern crate std;

use std::collections::BTreeSet;
use std::string::String;
use std::vec::Vec;

use super::*;

const PIECES: [&str; 17] = [
    "a", "b", ".", "*", "**", "?", "[ab]", "[!a]", "[.-b]", "{a,b.}", "{,a*}", "{[,}],?}", "\\*",
    "é", "-", "[!é]", "{**.a,b}",
];
const CHARACTERS: [char; 9] = ['a', 'b', '.', '-', '/', 'é', '*', ',', '!'];

fn random_pattern(random: &mut fastrand::Rng) -> String {
    (0..random.usize(..6)).map(|_| PIECES[random.usize(..PIECES.len())]).collect()
}

fn random_key(random: &mut fastrand::Rng) -> String {
    (0..random.usize(..7)).map(|_| CHARACTERS[random.usize(..CHARACTERS.len())]).collect()
}

/// Whether a pattern matches, found by trying all ways.
fn naive(pattern: &[char], key: &[char]) -> bool {
    let star = |rest: &[char], until: usize| (0..=until).any(|at| naive(rest, &key[at..]));
    let one = |rest: &[char], has: bool| has && naive(rest, &key[1..]);
    let first = key.first().copied();
    match pattern {
        [] => key.is_empty(),
        ['{', rest @ ..] => {
            let (alternatives, rest) = group(rest);
            alternatives.iter().any(|one| naive(&[one, rest].concat(), key))
        }
        [DEEP, rest @ ..] => star(rest, key.len()),
        ['*', rest @ ..] => star(rest, key.iter().position(|it| *it == '.').unwrap_or(key.len())),
        ['?', rest @ ..] => one(rest, first.is_some_and(|it| it != '.')),
        ['[', rest @ ..] => {
            let end = 1 + rest[1..].iter().position(|it| *it == ']').unwrap();
            let (negated, set) = match &rest[..end] {
                ['!', set @ ..] => (true, set),
                set => (false, set),
            };
            let has = |it: char| match set {
                [low, '-', high] => (*low..=*high).contains(&it),
                set => set.contains(&it),
            };
            one(&rest[end + 1..], first.is_some_and(|it| it != '.' && has(it) != negated))
        }
        ['\\', literal, rest @ ..] | [literal, rest @ ..] => one(rest, first == Some(*literal)),
    }
}

/// Stands for `**`, so that an alternative that ends with `*` makes none of the next one.
const DEEP: char = '\u{1}';

/// Returns the characters of a pattern, with one for each `**`.
fn characters(pattern: &str) -> Vec<char> {
    let (mut characters, mut rest) = (Vec::new(), pattern);
    while let Some(first) = rest.chars().next() {
        let length = if first == '\\' {
            1 + rest[1..].chars().next().unwrap().len_utf8()
        } else {
            first.len_utf8()
        };
        if let Some(after) = rest.strip_prefix("**") {
            characters.push(DEEP);
            rest = after;
        } else {
            characters.extend(rest[..length].chars());
            rest = &rest[length..];
        }
    }
    characters
}

/// Splits a group into its alternatives and what is behind it.
fn group(pattern: &[char]) -> (Vec<Vec<char>>, &[char]) {
    let (mut alternatives, mut is_set) = (std::vec![Vec::new()], false);
    for (at, character) in pattern.iter().enumerate() {
        match character {
            '}' if !is_set => return (alternatives, &pattern[at + 1..]),
            ',' if !is_set => alternatives.push(Vec::new()),
            _ => {
                is_set = *character == '[' || is_set && *character != ']';
                alternatives.last_mut().unwrap().push(*character);
            }
        }
    }
    panic!("not closed");
}

#[test]
fn a_pattern_matches_what_its_table_says() {
    let cases = [
        ("palm.cpu", "palm.cpu", true),
        ("palm.cpu", "palm.cpu2", false),
        ("*.cpu", "palm.cpu", true),
        ("*.cpu", "palm.tree.cpu", false),
        ("**.cpu", "palm.tree.cpu", true),
        ("**", "", true),
        ("*", ".", false),
        ("?", "é", true),
        ("??", "é", false),
        ("?", ".", false),
        ("[a-c]x", "bx", true),
        ("[!a-c]x", "bx", false),
        ("[!a-c]x", ".x", false),
        ("[+-9]", ".", false),
        ("[a-]", "-", true),
        ("[\\]]", "]", true),
        ("[ä-ö]", "å", true),
        ("{cpu,disk.*}.x", "disk.sda.x", true),
        ("{cpu,disk.*}.x", "disk.sda.y.x", false),
        ("a{,.b}", "a", true),
        ("a{,.b}", "a.b", true),
        ("a,b", "a,b", true),
        ("\\*\\{", "*{", true),
        ("a\\.b", "a.b", true),
        ("{\\,,\\}}", "}", true),
        ("a;dc={x,y}", "a;dc=y", true),
    ];
    for (pattern, key, expected) in cases {
        assert_eq!(Glob::new(pattern).unwrap().matches(key), expected, "{pattern} {key}");
    }
}

#[test]
fn what_is_wrong_with_a_pattern_is_told_with_its_place() {
    use PatternError::*;
    let cases = [
        ("a{b,{c}}", Nested, 4),
        ("ab}", NotOpen, 2),
        ("ab]", NotOpen, 2),
        ("a{b", NotClosed, 1),
        ("a[b", NotClosed, 1),
        ("a[b\\]", NotClosed, 1),
        ("a[]", EmptySet, 1),
        ("a[!]", EmptySet, 1),
        ("a[c-a]", Reversed, 1),
        ("a\\", NothingEscaped, 1),
        ("[\\", NotClosed, 0),
    ];
    for (pattern, error, at) in cases {
        assert_eq!(Glob::new(pattern).unwrap_err(), InvalidPattern { error, at }, "{pattern}");
    }
    let long = "a".repeat(MAX_PATTERN + 1);
    assert!(Glob::new(&long[1..]).unwrap().matches(&long[1..]));
    assert_eq!(Glob::new(&*long).unwrap_err().error, TooLong);
    let below = [&long[1..], ".**"].concat();
    assert!(Glob::new(&*below).unwrap().matches(&[&long[1..], ".b.c"].concat()));
    assert_eq!(Glob::new(&*[&long, ".**"].concat()).unwrap_err().error, TooLong);
}

#[test]
fn a_pattern_matches_what_trying_all_ways_finds() {
    let mut random = fastrand::Rng::with_seed(1);
    let mut matched = 0;
    for _ in 0..30_000 {
        let (pattern, key) = (random_pattern(&mut random), random_key(&mut random));
        let glob = Glob::new(&*pattern).unwrap();
        let expected = naive(&characters(&pattern), &key.chars().collect::<Vec<_>>());
        assert_eq!(glob.matches(&key), expected, "{pattern} {key}");
        assert!(!expected || key.starts_with(glob.literal_prefix()), "{pattern} {key}");
        matched += usize::from(expected);
    }
    assert!(matched > 1_000, "{matched}");
}

#[test]
fn a_search_skips_no_key_that_matches() {
    let mut random = fastrand::Rng::with_seed(2);
    for _ in 0..3_000 {
        let pattern = random_pattern(&mut random);
        let glob = Glob::new(&*pattern).unwrap();
        let keys: BTreeSet<_> = (0..20).map(|_| random_key(&mut random)).collect();
        let room = random.usize(..9);
        for from in &keys {
            let mut buffer = std::vec![0; room];
            let found = glob.seek(from.as_bytes(), &mut buffer);
            assert!(found.is_none_or(|found| found >= from.as_bytes()), "{pattern} {from}");
            for key in keys.range(from.clone()..).filter(|key| glob.matches(key)) {
                let is_found = found.is_some_and(|found| found <= key.as_bytes());
                assert!(is_found, "{pattern} skips {key} from {from}: {found:?}");
            }
        }
    }
}

#[test]
fn no_pattern_takes_more_steps_than_the_product_of_the_lengths() {
    let patterns = [
        "*a".repeat(500),
        "**a".repeat(333),
        "{a*,*a,**}".repeat(100),
        std::format!("**{{{}}}", ",a".repeat(498)),
        std::format!("**{}", ",".repeat(998)),
        "{,}".repeat(333),
        std::format!("[{}]*", "a-b".repeat(332)),
        "**?".repeat(333),
    ];
    for pattern in patterns {
        let glob = Glob::new(&*pattern).unwrap();
        for key in ["a".repeat(1_000), ",".repeat(1_000), std::format!("{}b", "a".repeat(999))] {
            let (_, steps) = glob.run(&key);
            let bound = 2 * (pattern.len() + 1) * (key.len() + 1);
            assert!(steps <= bound, "{pattern}: {steps} steps");
        }
    }
}

#[test]
fn a_search_goes_where_the_next_key_may_be() {
    let cases: [(&str, &str, Option<&str>); 12] = [
        ("*.cpu", "", Some("")),
        ("*.cpu", "site0.host", Some("site0/")),
        ("*.cpu", "site0.a", Some("site0.cpu")),
        ("site3.*.cpu", "", Some("site3.")),
        ("site3.*.cpu", "site3.h1.disk", Some("site3.h1/")),
        ("site3.*.cpu", "site3/", None),
        ("{b,d}.x", "", Some("")),
        ("{b,d}.x", "c", Some("d.x")),
        ("{b,d}.x", "b.y", Some("d.x")),
        ("a[c-e]", "ab", Some("ac")),
        ("a?", "a", Some("a")),
        ("**", "any", Some("any")),
    ];
    for (pattern, from, expected) in cases {
        let mut buffer = [0; 32];
        let found = Glob::new(pattern).unwrap().seek(from.as_bytes(), &mut buffer);
        assert_eq!(found, expected.map(str::as_bytes), "{pattern} {from}");
    }
}
