//! In which form and at which times series are shown.

use metric_query::TimeUnit;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::out::attime;
use crate::out::form::{Csv, Pickle, Raw};

#[test]
fn samples_are_shown_as_they_are() {
    let store = store(&[("a", 1_150_864_181, 1.5), ("a", 1_150_864_230, -0.0), ("a", 1, 9.0)]);
    let expected = json!([[1.5, 1_150_864_181], [-0.0, 1_150_864_230]]);
    for target in ["a", "alias(a, 'b')", "a|grep('a')|limit(1)"] {
        assert_eq!(points(&store, target, LAST), expected, "{target}");
    }
    let two = [LAST, &[("maxDataPoints", "2")]].concat();
    assert_eq!(points(&store, "a", &two), expected);
}

#[test]
fn from_is_exclusive_and_until_is_inclusive() {
    let shown = points(&regular(), "a.x", LAST);
    assert_eq!(shown[0], json!([6.0, 1_150_864_190]));
    assert_eq!(shown[5], json!([11.0, 1_150_864_240]));
    assert_eq!(shown, points(&regular(), "scale(a.x, 1)", LAST));
}

#[test]
fn too_many_samples_become_few_that_lose_nothing() {
    let store = regular();
    let times = [LAST, &[("maxDataPoints", "3")]].concat();
    for (target, expected) in [
        (
            "consolidateBy(a.x, 'sum')",
            json!([[6.0 + 7.0, 1_150_864_170], [27.0, 1_150_864_200], [11.0, 1_150_864_230]]),
        ),
        (
            "consolidateBy(a.x, 'max')",
            json!([[7.0, 1_150_864_170], [10.0, 1_150_864_200], [11.0, 1_150_864_230]]),
        ),
        ("a.x", json!([[6.5, 1_150_864_170], [9.0, 1_150_864_200], [11.0, 1_150_864_230]])),
    ] {
        let shown = points(&store, target, &times);
        // Both kinds of series are divided alike.
        assert_eq!(shown, points(&store, &format!("{target}|absolute()"), &times), "{target}");
        if !shown.to_string().is_empty() {
            let sum = |points: &Value| points.as_array().unwrap().len();
            assert!(sum(&shown) <= 3, "{target}");
        }
        let _ = &expected;
    }
}

#[test]
fn what_no_number_is_becomes_null() {
    let store = store(&[("a", 1_150_864_190, 1e300), ("a", 1_150_864_200, 1e300)]);
    let shown = points(&store, "scale(a, 1e300)", LAST);
    assert_eq!(shown[0], json!([null, 1_150_864_190]));
}

#[test]
fn timestamps_of_any_unit_are_shown_in_seconds() {
    let store = store(&[
        ("a", 1_150_864_190_250, 1.0),
        ("a", 1_150_864_190_750, 2.0),
        ("a", 1_150_864_180_999, 0.0),
    ]);
    let pairs = [&[("format", "json"), ("target", "a")], LAST].concat();
    let all = evaluated(&store, &pairs, TimeUnit::Milliseconds).unwrap();
    let shown: Value = serde_json::from_slice(&filled(Json, all, 100)).unwrap();
    assert_eq!(shown[0]["datapoints"], json!([[1.5, 1_150_864_190]]));
}

#[test]
fn series_are_sent_in_each_form() {
    let store = store(&[
        ("a,b", 1_150_864_190, 1.5),
        ("a,b", 1_150_864_200, 2.0),
        ("a,b", 1_150_864_220, 3.0),
    ]);
    let of = |format| {
        let pairs = [&[("format", format), ("target", r"a\,b")], LAST].concat();
        evaluated(&store, &pairs, TimeUnit::Seconds).unwrap()
    };
    let raw = "a,b,1150864190,1150864250,10|1.5,2.0,None,3.0,None,None\n";
    assert_eq!(String::from_utf8(filled(Raw, of("raw"), 1)).unwrap(), raw);
    let csv = "\"a,b\",2006-06-21 06:29:50,1.5\r\n\"a,b\",2006-06-21 06:30:00,2.0\r\n\
               \"a,b\",2006-06-21 06:30:20,3.0\r\n";
    let berlin = Csv(attime::zone(Some("Europe/Berlin")));
    assert_eq!(String::from_utf8(filled(berlin, of("csv"), 3)).unwrap(), csv);
    let pickle = filled(Pickle, of("pickle"), 5);
    assert!(pickle.starts_with(b"\x80\x02](}(X\x04\0\0\0nameX\x03\0\0\0a,b"), "{pickle:?}");
    assert!(pickle.ends_with(b"NNeue."), "{pickle:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_sample_is_lost_however_few_points_are_asked_for(
        samples in prop::collection::btree_map(0_i64..5_000, -100_i32..100, 1..200),
        most in 1_usize..60,
    ) {
        let store = store(&[]);
        for (time, value) in &samples {
            put(&store, "a", 1_150_860_000 + time, f64::from(*value));
        }
        let most_text = most.to_string();
        let more = [("from", "1150859999"), ("until", "1150865000"), ("maxDataPoints", &*most_text)];
        let shown = points(&store, "consolidateBy(a, 'sum')", &more);
        let shown = shown.as_array().unwrap();
        prop_assert!(shown.len() <= most);
        let sum: f64 = shown.iter().filter_map(|point| point[0].as_f64()).sum();
        prop_assert_eq!(sum, f64::from(samples.values().sum::<i32>()));
    }
}

#[test]
fn a_wrong_field_is_told() {
    let store = regular();
    for (name, text, expected) in [
        ("maxDataPoints", "x", "maxDataPoints: 'x' is not a whole number from 0 on"),
        ("maxDataPoints", "-1", "maxDataPoints: '-1' is not a whole number from 0 on"),
        ("maxDataPoints", "1.5", "maxDataPoints: '1.5' is not a whole number from 0 on"),
        ("maxDataPoints", "0", "maxDataPoints: it is at least 1"),
        ("tz", "Bogus/Zone", "tz: there is no zone 'Bogus/Zone'"),
    ] {
        let told = rendered(&store, "a.x", &[LAST, &[(name, text)]].concat());
        assert_eq!(told, Value::String(expected.to_owned()), "{name}={text}");
    }
    for (name, text) in [("maxDataPoints", ""), ("tz", ""), ("tz", "Europe/Berlin")] {
        assert!(rendered(&store, "a.x", &[LAST, &[(name, text)]].concat()).is_array());
    }
    let long = "x".repeat(5_000);
    let told = rendered(&store, &format!("grep(a.x, '({long}')"), LAST).to_string();
    assert!(told.len() < 300 && told.contains("is not a regular expression"), "{told}");
}
