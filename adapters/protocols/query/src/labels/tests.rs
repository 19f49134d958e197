extern crate std;

use super::*;
use metric_proto::LONGEST_KEY;
use proptest::collection::btree_map;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::string::{String, ToString};
use std::vec;
use std::vec::Vec;

/// Tags and their values.
type Pairs<'a> = &'a [(&'a str, &'a str)];
type Tree = BTreeMap<String, String>;

fn encode(name: &str, tags: &Tree) -> Result<String, InvalidLabels> {
    let tags = tags.iter().map(|(tag, value)| (tag.as_str(), value.as_str()));
    encode_labels(name, tags, &mut [0; LONGEST_KEY]).map(|key| key.as_str().to_string())
}

fn decode(labels: Labels<'_>) -> (String, Tree) {
    let tags = labels.tags().map(|(tag, value)| (tag.to_string(), value.to_string()));
    (labels.name().to_string(), tags.collect())
}

#[test]
fn a_key_in_canonical_form_has_tags() {
    let cases: [(&str, &str, Pairs<'_>); 9] = [
        ("up", "up", &[]),
        ("a.b;c=d", "a.b", &[("c", "d")]),
        ("up;instance=[::1]:80;job=node", "up", &[("instance", "[::1]:80"), ("job", "node")]),
        ("%2A", "*", &[]),
        ("%2A;a=*", "*", &[("a", "*")]),
        ("a%25%3B%3D%20;%0A=%C2%A0x%E2%80%A8", "a%;= ", &[("\n", "\u{a0}x\u{2028}")]),
        ("ключ;é=ö", "ключ", &[("é", "ö")]),
        ("**;a=\"\\", "**", &[("a", "\"\\")]),
        // In the order of the texts, not of what is written for them.
        ("n;a&=1;a%3B=2", "n", &[("a&", "1"), ("a;", "2")]),
    ];
    for (key, name, tags) in cases {
        let labels = Labels::of(key);
        assert_eq!(labels.name(), name, "{key}");
        assert!(labels.tags().eq(
            tags.iter().map(|(tag, value)| { (LabelText::from(*tag), LabelText::from(*value)) })
        ));
        let tags = tags.iter().copied();
        assert_eq!(encode_labels(name, tags, &mut [0; 99]).unwrap().as_str(), key);
    }
}

#[test]
fn any_other_key_is_all_name() {
    let keys = [
        "a;",
        ";a=b",
        "a;b",
        "a;=c",
        "a;b=",
        "a;b=c;",
        "a;;b=c",
        "a;b=c=d",
        "a=b",
        "a;c=1;b=2",
        "a;b=1;b=2",
        "a;b=1;b=1",
        "a%",
        "a%2",
        "a%20b%",
        "a%3b",
        "a;b=%3b",
        "a%41",
        "a%2A",
        "*;a=b",
        "a;b=%2A",
        "a%C3%A9",
        "a%FF",
        "a%C2",
        "a%C2%",
        "a%C2%20",
        "a%E2%80",
        "a%F5%80%80%80",
        "%+1",
        "a%25%",
        "n;a%3B=1;a&=2",
        "n;a%25=1;a%25=2",
        "%é",
        "a%2é",
    ];
    for key in keys {
        assert_eq!(decode(Labels::of(key)), (key.to_string(), Tree::new()), "{key}");
        assert!(Labels::canonical(key).is_none(), "{key}");
    }
}

#[test]
fn a_tag_is_found_by_its_text() {
    let labels = Labels::of("n;a%3B=1;b=%3D");
    assert_eq!(labels.tag("a;").unwrap(), "1");
    assert_eq!(labels.tag("b").unwrap().as_plain(), None);
    assert_eq!(labels.tag("b").unwrap().len(), 1);
    assert!(labels.tag("a").is_none() && labels.tag("n").is_none());
}

#[test]
fn what_is_no_key_is_refused() {
    use InvalidLabels::{Empty, TooLong, Unsorted};
    let long = "n".repeat(LONGEST_KEY + 1);
    let cases: [(&str, Pairs<'_>, _); 9] = [
        ("", &[], Empty),
        ("n", &[("", "b")], Empty),
        ("n", &[("a", "")], Empty),
        ("n", &[("a", "1"), ("a", "1")], Unsorted),
        ("n", &[("b", "1"), ("a", "1")], Unsorted),
        ("n", &[("a", "1"), ("", "1")], Empty),
        (&long, &[], TooLong),
        ("n", &[("a", &long)], TooLong),
        ("n", &[("a", " "), ("b", &long)], TooLong),
    ];
    for (name, tags, error) in cases {
        let mut buffer = [0; 2 * LONGEST_KEY];
        let key = encode_labels(name, tags.iter().copied(), &mut buffer);
        assert_eq!(key, Err(error), "{tags:?}");
    }
}

#[test]
fn a_key_fills_its_buffer_and_no_more() {
    for length in 0..=7 {
        let mut buffer = vec![b'#'; length];
        let key = encode_labels("n", [("a", ";")], &mut buffer);
        assert_eq!(key.is_ok(), length == 7, "{length}");
    }
}

/// LabelText with many of the characters that are written as `%XX`.
fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[;=% *a\\.\u{a0}\u{2028}é\n]{0,6}", "\\PC{0,8}", any::<String>(), Just("*".into())]
}

/// LabelText that is nearly a key in canonical form.
fn near() -> impl Strategy<Value = String> {
    prop_oneof!["[ab;=%23BDA*]{1,24}", "[ab%3B]{1,3}(;[ab](%3B)?=[ab*%20]{1,3}){0,4}", "\\S{1,20}"]
}

proptest! {
    #[test]
    fn labels_of_any_text_read_back_from_their_key(name in text(), tags in btree_map(text(), text(), 0..5)) {
        let is_empty = |text: &String| text.is_empty();
        match encode(&name, &tags) {
            Ok(key) => {
                prop_assert_eq!(decode(Labels::of(&key)), (name, tags.clone()));
                for (tag, value) in &tags {
                    prop_assert_eq!(Labels::of(&key).tag(tag).unwrap(), value.as_str());
                }
            }
            Err(InvalidLabels::Empty) => {
                prop_assert!(is_empty(&name) || tags.iter().any(|(t, v)| is_empty(t) || is_empty(v)));
            }
            Err(error) => prop_assert_eq!(error, InvalidLabels::TooLong),
        }
    }

    #[test]
    fn two_sets_of_labels_never_share_a_key(
        one in (text(), btree_map(text(), text(), 0..3)),
        other in (text(), btree_map(text(), text(), 0..3)),
    ) {
        if let (Ok(key), Ok(same)) = (encode(&one.0, &one.1), encode(&other.0, &other.1)) {
            prop_assert_eq!(key == same, one == other);
        }
    }

    #[test]
    fn every_key_is_that_of_its_labels_or_all_name(key in near()) {
        let (name, tags) = decode(Labels::of(&key));
        match Labels::canonical(&key) {
            Some(_) => prop_assert_eq!(encode(&name, &tags), Ok(key)),
            None => {
                prop_assert_eq!((&name, tags.len()), (&key, 0));
                prop_assert_ne!(encode(&name, &tags), Ok(key));
            }
        }
    }

    #[test]
    fn text_compares_as_what_it_stands_for(one in text(), other in text()) {
        let encoded = |text: &str| encode("n", &Tree::from([("t".into(), text.into())]));
        if let (Ok(first), Ok(second)) = (encoded(&one), encoded(&other)) {
            let [a, b] = [&first, &second].map(|key| Labels::of(key).tag("t").unwrap());
            prop_assert_eq!(a.cmp(&b), one.cmp(&other));
            prop_assert_eq!(a == other.as_str(), one == other);
            prop_assert_eq!((a.len(), a.chars().collect::<String>()), (one.len(), one));
        }
    }

    #[test]
    fn the_order_in_which_tags_are_given_does_not_matter(tags in btree_map("[ab;=% ]{1,3}", "[a ;]{1,3}", 0..5)) {
        let mut shuffled: Vec<_> = tags.iter().map(|(tag, value)| (&**tag, &**value)).rev().collect();
        let mut buffer = [0; LONGEST_KEY];
        let key = encode_unsorted_labels("n", &mut shuffled, &mut buffer).map(|key| key.as_str().to_string());
        prop_assert_eq!(key, encode("n", &tags));
    }
}
