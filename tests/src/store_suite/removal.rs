//! Removing series.

use metric_proto::{Position, Store};

use super::{Rule, fill, filled, put, query, remove, rest_of, row, rows, some_rows};

pub(super) fn rules<S: Store>() -> Vec<Rule<S>> {
    vec![
        ("a removed series is gone, and its key may be put again", removes),
        (
            "a scan resumes after a removed series, even if its key is put again",
            resumes_after_removal,
        ),
    ]
}

fn removes(store: &mut impl Store) {
    fill(store, "a");
    assert_eq!(put(store, "b", 1.0, 1), Ok(()));
    assert_eq!(remove(store, "a"), Ok(true));
    assert_eq!(remove(store, "a"), Ok(false));
    assert_eq!(rows(store, "*"), [row("b", 1.0, 1)]);
    assert_eq!(store.counters(), filled(1, 1));
    for key in ["a", "c", "d"] {
        assert_eq!(put(store, key, 5.0, 5), Ok(()), "there is room again");
    }
    assert_eq!(rows(store, "a"), [row("a", 5.0, 5)]);
}

fn resumes_after_removal(store: &mut impl Store) {
    for key in ["a", "b", "c"] {
        assert_eq!(put(store, key, 1.0, 1), Ok(()));
        assert_eq!(put(store, key, 1.0, 2), Ok(()));
    }
    let (shown, position) = some_rows(store, &query("*"), Position::START, 3);
    assert_eq!(shown.last(), Some(&row("b", 1.0, 1)));
    assert_eq!(remove(store, "b"), Ok(true));
    let due = [row("c", 1.0, 1), row("c", 1.0, 2)];
    assert_eq!(rest_of(store, &query("*"), position), due);
    assert_eq!(put(store, "b", 1.0, 2), Ok(()));
    assert_eq!(rest_of(store, &query("*"), position), due);
    assert_eq!(rest_of(store, &query("b"), position), []);
}
