//! Puts: storing, replacing, evicting and refusing.

use metric_proto::{Refused, Store, StoreCounters};

use super::{Rule, SAMPLES, SERIES, fill, filled, put, row, rows};

pub(super) fn rules<S: Store>() -> Vec<Rule<S>> {
    vec![
        ("an empty store shows nothing", shows_nothing_when_empty),
        ("keys come in byte order and samples by timestamp", shows_in_order),
        ("the last write wins, to the bit", replaces),
    ]
}

pub(super) fn rules_of_bounds<S: Store>() -> Vec<Rule<S>> {
    vec![
        ("a full series evicts its oldest sample for a newer one", evicts),
        ("a full series refuses a sample older than all of its own", refuses_too_old),
        ("a full table refuses a new key and serves the others", refuses_new_key),
    ]
}

fn shows_nothing_when_empty(store: &mut impl Store) {
    assert_eq!(rows(store, "*"), []);
    assert_eq!(rows(store, "a"), []);
    assert_eq!(store.counters(), StoreCounters::ZERO);
}

fn shows_in_order(store: &mut impl Store) {
    for (key, timestamp) in [("b", 2), ("a.b", 0), ("b", -1), ("B", 5), ("b", i64::MIN)] {
        assert_eq!(put(store, key, 1.0, timestamp), Ok(()));
    }
    let shown = [("B", 5), ("a.b", 0), ("b", i64::MIN), ("b", -1), ("b", 2)];
    assert_eq!(rows(store, "*"), shown.map(|(key, timestamp)| row(key, 1.0, timestamp)));
    assert_eq!(rows(store, "b").len(), 3);
}

fn replaces(store: &mut impl Store) {
    for value in [1.0, 0.0, -0.0] {
        assert_eq!(put(store, "a", value, 7), Ok(()));
    }
    assert_eq!(rows(store, "a"), [row("a", -0.0, 7)]);
    assert_eq!(store.counters(), filled(1, 1));
}

fn evicts(store: &mut impl Store) {
    fill(store, "a");
    assert_eq!(put(store, "a", 1.0, 1_000), Ok(()));
    assert_eq!(put(store, "a", 1.0, 15), Ok(()));
    let times: Vec<_> = rows(store, "a").into_iter().map(|(_, time, _)| time).collect();
    assert_eq!(times, [15, 20, 30, 40, 50, 1_000]);
    let mut due = filled(1, SAMPLES);
    due.evicted = 2;
    assert_eq!(store.counters(), due);
}

fn refuses_too_old(store: &mut impl Store) {
    fill(store, "a");
    let before = rows(store, "*");
    assert_eq!(put(store, "a", 1.0, -1), Err(Refused::TooOld));
    assert_eq!(put(store, "a", 1.0, i64::MIN), Err(Refused::TooOld));
    assert_eq!(rows(store, "*"), before);
    assert_eq!((store.counters().too_old, store.counters().refused()), (2, 2));
    assert_eq!(put(store, "a", 9.0, 0), Ok(()), "its oldest can be replaced");
    assert_eq!(store.counters().evicted, 0);
}

fn refuses_new_key(store: &mut impl Store) {
    let keys: Vec<_> = (0..SERIES).map(|number| format!("k{number}")).collect();
    for key in &keys {
        assert_eq!(put(store, key, 1.0, 1), Ok(()));
    }
    assert_eq!(put(store, "new", 1.0, 1), Err(Refused::TableFull));
    assert_eq!(put(store, "k0", 1.0, 2), Ok(()));
    assert_eq!(rows(store, "new"), []);
    assert_eq!((store.counters().series, store.counters().table_full), (SERIES, 1));
}
