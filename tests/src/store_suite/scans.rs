//! Where a scan resumes and ends.

use metric_proto::{Position, Store};

use super::{Rule, fill, put, query, rest_of, row, some_rows};

pub(super) fn rules<S: Store>() -> Vec<Rule<S>> {
    vec![
        ("a scan resumes where it broke, whatever was put meanwhile", resumes_after_puts),
        ("a scan of a series ends at the sample that was its newest", ends_at_newest),
    ]
}

pub(super) fn rules_of_bounds<S: Store>() -> Vec<Rule<S>> {
    vec![("a position stays valid when its sample is evicted", resumes_after_eviction)]
}

fn resumes_after_puts(store: &mut impl Store) {
    for (key, timestamp) in [("b", 10), ("b", 20), ("d", 10)] {
        assert_eq!(put(store, key, 1.0, timestamp), Ok(()));
    }
    let (shown, position) = some_rows(store, &query("*"), Position::START, 1);
    assert_eq!(shown, [row("b", 1.0, 10)]);
    for (key, timestamp) in [("a", 1), ("c", 1), ("b", 15), ("b", 5)] {
        assert_eq!(put(store, key, 1.0, timestamp), Ok(()));
    }
    let rest = rest_of(store, &query("*"), position);
    assert!(!rest.contains(&row("b", 1.0, 10)));
    for due in [row("b", 1.0, 20), row("d", 1.0, 10)] {
        assert_eq!(rest.iter().filter(|shown| **shown == due).count(), 1);
    }
    assert!(rest.is_sorted());
}

fn resumes_after_eviction(store: &mut impl Store) {
    fill(store, "a");
    let (_, position) = some_rows(store, &query("a"), Position::START, 1);
    for timestamp in 100..103 {
        assert_eq!(put(store, "a", 1.0, timestamp), Ok(()));
    }
    let rest = rest_of(store, &query("a"), position);
    assert_eq!(rest.first(), Some(&row("a", 1.0, 30)));
}

fn ends_at_newest(store: &mut impl Store) {
    for timestamp in 0..3 {
        assert_eq!(put(store, "a", 1.0, timestamp), Ok(()));
    }
    let (_, position) = some_rows(store, &query("*"), Position::START, 1);
    assert_eq!(put(store, "a", 1.0, 10), Ok(()));
    assert_eq!(put(store, "b", 1.0, 10), Ok(()));
    let due = [row("a", 1.0, 1), row("a", 1.0, 2), row("b", 1.0, 10)];
    assert_eq!(rest_of(store, &query("*"), position), due);
}
