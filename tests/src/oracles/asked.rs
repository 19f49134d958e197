//! The law of the parameters of requests over HTTP.

use metric_query::{Glob, TimeUnit};
use metric_web::RangeQuery;
use serde_json::Value;

/// A target is read as its parameters say one by one, or refused in JSON that says what, where and what
/// to do.
///
/// The first line is a target. Each line behind it is a key that may be selected.
pub fn asked(data: &[u8]) {
    let mut lines = data.split(|byte| *byte == b'\n');
    let target = lines.next().unwrap_or_default();
    match RangeQuery::of(target, TimeUnit::Seconds) {
        None => {}
        Some(Err(refusal)) => check_refusal(&refusal),
        Some(Ok(asked)) => {
            let pairs = pairs(target);
            check_numbers(&asked, &pairs);
            let keys = lines.filter_map(|line| std::str::from_utf8(line).ok());
            keys.for_each(|key| assert_eq!(asked.selects(key), selects(&pairs, key), "{key:?}"));
        }
    }
}

fn check_refusal(refusal: &str) {
    let json: Value = serde_json::from_str(refusal).expect("a refusal is JSON");
    for name in ["error", "where", "advice"] {
        assert!(json[name].is_string(), "{refusal}");
    }
}

type Pair = (String, String);

fn check_numbers(asked: &RangeQuery, pairs: &[Pair]) {
    let text = |name: &str| pairs.iter().find(|(other, _)| other == name).map(|(_, text)| &**text);
    let points: Option<usize> = text("points").map(|text| text.parse().expect("a number"));
    assert_eq!(asked.points(), points);
    assert!(points.is_none_or(|points| (1..=100_000).contains(&points)));
    let (window, newest) = (asked.window(), text("newest"));
    assert_eq!(window.newest, newest.map_or(usize::MAX, |text| text.parse().expect("a number")));
    assert!(points.is_none() || newest.is_none());
    for (name, read) in [("from", window.from), ("until", window.until)] {
        let plain = text(name).and_then(|text| text.parse::<i64>().ok());
        let is_plain = plain.filter(|time| text(name) == Some(&time.to_string()));
        // A number with a sign is a distance from now.
        assert!(is_plain.is_none_or(|time| time < 0 || time == read), "{name}");
    }
    let known = ["match", "key", "from", "until", "newest", "points", "format", "times"];
    assert!(pairs.iter().all(|(name, _)| known.contains(&&**name)));
}

/// Whether a key is among those that are named, or matches one of the patterns; if there are none, every
/// key is.
fn selects(pairs: &[Pair], key: &str) -> bool {
    let is = |(name, text): &Pair| match &**name {
        "key" => text == key,
        "match" => Glob::new(&**text).expect("a pattern").matches(key),
        _ => false,
    };
    let is_selector = |(name, _): &Pair| name == "key" || name == "match";
    pairs.iter().any(is) || !pairs.iter().any(is_selector)
}

/// Splits the query of a target as forms of browsers are written.
fn pairs(target: &[u8]) -> Vec<Pair> {
    let target = target.split(|byte| *byte == b'#').next().unwrap_or_default();
    let Some(at) = target.iter().position(|byte| *byte == b'?') else { return Vec::new() };
    let pairs = target[at + 1..].split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    let pair = |pair: &[u8]| match pair.iter().position(|byte| *byte == b'=') {
        Some(at) => (decoded(&pair[..at]), decoded(&pair[at + 1..])),
        None => (decoded(pair), String::new()),
    };
    pairs.map(pair).collect()
}

fn decoded(text: &[u8]) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let [first, after @ ..] = rest {
        let digit = |at: usize| after.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let (byte, length) = match (first, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => ((high * 16 + low) as u8, 3),
            (b'+', ..) => (b' ', 1),
            _ => (*first, 1),
        };
        bytes.push(byte);
        rest = &rest[length..];
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
