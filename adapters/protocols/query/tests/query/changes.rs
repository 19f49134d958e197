//! Series that are removed and samples that are put while a reply is read.

use std::collections::{BTreeMap, BTreeSet};

use metric_memory::{Layout, MemoryStore};
use metric_proto::{FixedStore, Key, Sample, Store};
use metric_query::{Buckets, Budget, Last, Matcher, Next, Nodes, Range, Style, Window};
use serde_json::Value;

use crate::support::{Watched, read_between};

const ALL: Matcher<&str> = Matcher::All;
const KEYS: u8 = 20;

fn key(number: u8) -> String {
    format!("k{:02}.{number}", number / 2)
}

fn put(store: &mut impl Store, number: u8, at: i64) {
    let sample = Sample::new(at as f64, at).unwrap();
    store.put(Key::new(&key(number)).unwrap(), sample).unwrap();
}

/// Changes the series with odd numbers.
fn change(store: &mut impl Store, random: &mut fastrand::Rng) {
    let number = random.u8(..KEYS) | 1;
    if random.u8(..4) == 0 {
        store.remove(Key::new(&key(number)).unwrap()).unwrap();
    } else {
        put(store, number, random.i64(..50));
    }
}

/// Reads a reply while the store changes; returns the series in it by their keys.
fn changing(
    producer: &mut impl metric_query::Produce,
    store: &mut impl Store,
    random: &mut fastrand::Rng,
    list: &str,
) -> Option<BTreeMap<String, Value>> {
    for number in 0..KEYS {
        for at in 0..10 {
            put(store, number, at * 5);
        }
    }
    let (reply, end) = read_between(producer, store, random, change);
    let reply: Value =
        serde_json::from_str(&reply).unwrap_or_else(|error| panic!("{error}: {reply}"));
    let rows = reply[list].as_array().unwrap();
    let name = |row: &Value| row["key"].as_str().or(row["path"].as_str()).unwrap().to_owned();
    let names: Vec<_> = rows.iter().map(name).collect();
    assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
    if end == Next::Unavailable {
        assert!(reply["error"].is_string());
        return None;
    }
    assert_eq!(end, Next::Done);
    Some(rows.iter().map(|row| (name(row), row.clone())).collect())
}

/// Checks what does not change in a store that changes. Returns how many replies were complete.
fn check<S: Store>(mut store: impl FnMut(u64) -> S) -> usize {
    let mut complete = 0;
    for seed in 0..60 {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut range = Range::<_, 16>::new(ALL, Window::ALL, Style::JSON, Budget::NONE);
        let read = changing(&mut range, &mut store(seed), &mut random, "series");
        for (key, row) in read.iter().flatten() {
            let times: Vec<_> = row["samples"]
                .as_array()
                .unwrap()
                .iter()
                .map(|it| it[0].as_i64().unwrap())
                .collect();
            assert!(times.is_sorted_by(|a, b| a < b), "{key}: {times:?}");
        }
        let mut buckets = Buckets::<_, 16>::new(ALL, (Some(0), None), 4, Style::JSON, Budget::NONE);
        let bucketed = changing(&mut buckets, &mut store(seed), &mut random, "series");
        let mut last = Last::<_, 16>::new(ALL, Style::JSON, Budget::NONE);
        let last = changing(&mut last, &mut store(seed), &mut random, "series").unwrap();
        let mut nodes = Nodes::<16>::new(None, 100, Style::JSON);
        let nodes = changing(&mut nodes, &mut store(seed), &mut random, "nodes").unwrap();

        let expected: BTreeSet<_> = (0..KEYS / 2).map(|number| format!("k{number:02}")).collect();
        assert_eq!(nodes.into_keys().collect::<BTreeSet<_>>(), expected);
        for number in (0..KEYS).step_by(2) {
            let key = key(number);
            assert_eq!(last[&key]["last"].to_string(), "[45,45.0]", "{key}");
            if let Some(read) = &read {
                let samples = read[&key]["samples"].as_array().unwrap();
                assert_eq!(samples.len(), 10, "{key}");
            }
            if let Some(bucketed) = &bucketed {
                let buckets = bucketed[&key]["buckets"].as_array().unwrap();
                let count: u64 = buckets.iter().map(|bucket| bucket[6].as_u64().unwrap()).sum();
                assert_eq!(count, 10, "{key}");
            }
        }
        complete += usize::from(read.is_some()) + usize::from(bucketed.is_some());
    }
    complete
}

#[test]
fn what_does_not_change_is_shown_once_while_the_rest_changes() {
    let complete = check(|seed| {
        let memory = MemoryStore::with_layout(Layout::new(1, 4), 64, 64);
        Watched::reluctant(&*Box::leak(Box::new(memory)), seed)
    });
    assert_eq!(complete, 120);
}

#[test]
fn the_same_holds_in_a_store_of_fixed_size_unless_it_tells_that_it_does_not() {
    let complete = check(|_| Box::leak(Box::new(FixedStore::<64, 64, 16>::new())));
    assert!(complete > 0);
}
