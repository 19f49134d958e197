//! A memory store whose memory is bounded.

use std::collections::BTreeMap;
use std::ops::ControlFlow::Continue;
use std::thread;

use metric_memory::{Layout, MemoryStore};
use metric_proto::{Key, Query, Refused, Sample, Scan, Series, Store};

const BOUND: usize = 200_000;

fn store(layout: Layout) -> MemoryStore {
    MemoryStore::with_layout(layout, usize::MAX, usize::MAX).with_max_memory(BOUND)
}

fn put(store: &MemoryStore, key: &str, timestamp: i64) -> Result<(), Refused> {
    // Values that take eight bytes even when they are compressed.
    let value = (timestamp as f64).sin();
    { store }.put(Key::new(key).unwrap(), Sample::new(value, timestamp).unwrap())
}

fn times(store: &MemoryStore) -> BTreeMap<String, Vec<i64>> {
    let mut times = BTreeMap::<String, Vec<i64>>::new();
    let ended = store.scan(&Query::all(Series::All), Default::default(), |key, sample| {
        times.entry(key.as_str().to_owned()).or_default().push(sample.timestamp());
        Continue(())
    });
    assert_eq!(ended, Scan::Done);
    times
}

/// Layouts of one shard and of many, with short chunks and long ones.
const LAYOUTS: [Layout; 3] = [Layout::ONE_THREAD, Layout::new(64, 5), Layout::new(4, 128)];

#[test]
fn the_oldest_of_the_largest_series_give_way() {
    for layout in LAYOUTS {
        let store = &store(layout);
        for time in 0..100 {
            assert_eq!(put(store, "small", time), Ok(()));
        }
        for time in 0..100_000 {
            let key = if time % 3 == 0 { "one" } else { "other" };
            assert_eq!(put(store, key, time), Ok(()));
            assert!(store.memory() <= BOUND, "{time}: {}", store.memory());
        }
        let times = times(store);
        assert_eq!(times["small"].len(), 100, "what is small gives nothing");
        for key in ["one", "other"] {
            let (first, last) = (times[key][0], *times[key].last().unwrap());
            let due = (first..=last).filter(|time| (time % 3 == 0) == (key == "one"));
            assert_eq!(
                times[key],
                due.collect::<Vec<_>>(),
                "the newest are there, and all of them"
            );
            assert!(last >= 99_997 && first > 50_000);
        }
        let (one, other) = (times["one"].len(), times["other"].len());
        assert!(one.abs_diff(other) < one / 4, "both give: {one} and {other}");
        let counters = store.counters();
        assert_eq!(counters.samples + counters.evicted as usize, 100_100);
        assert_eq!(counters.samples, 100 + one + other);
    }
}

#[test]
fn a_full_store_refuses_new_keys_and_what_is_older_than_what_it_dropped() {
    for layout in LAYOUTS {
        let store = &store(layout);
        assert_eq!(put(store, "small", 0), Ok(()));
        // Up to a moment when room was just made.
        let is_going_on = |time: &i64| *time < 50_000 || store.memory() > BOUND / 16 * 15;
        for time in (0..).take_while(is_going_on) {
            assert_eq!(put(store, "large", time), Ok(()));
        }
        let oldest = times(store)["large"][0];
        assert_eq!(put(store, "large", oldest - 1), Err(Refused::TooOld));
        assert_eq!(put(store, "large", oldest), Ok(()), "it is there");
        assert_eq!(put(store, "small", -1), Ok(()), "nothing was taken from this one");
        for number in 0..1_000 {
            assert_eq!(put(store, &format!("flood{number}"), 1), Err(Refused::TableFull));
        }
        let counters = store.counters();
        assert_eq!((counters.too_old, counters.table_full), (1, 1_000));
        assert_eq!({ store }.remove(Key::new("large").unwrap()), Ok(true));
        assert_eq!(put(store, "flood1", 1), Ok(()), "there is room again");
    }
}

#[test]
fn a_flood_of_keys_leaves_each_series_its_last_sample_and_those_go_on() {
    for layout in LAYOUTS {
        let store = &store(layout);
        let mut keys = 0;
        while put(store, &format!("flood{keys}"), 1) == Ok(()) {
            keys += 1;
            assert!(store.memory() <= BOUND);
        }
        assert!(keys > 300, "{keys}");
        for time in 2..50 {
            for number in 0..keys {
                assert_eq!(put(store, &format!("flood{number}"), time), Ok(()));
            }
            assert!(store.memory() <= BOUND, "{time}: {}", store.memory());
        }
        let times = times(store);
        assert_eq!(times.len(), keys);
        assert!(times.values().all(|times| times.last() == Some(&49)));
        let counters = store.counters();
        assert_eq!(counters.samples + counters.evicted as usize, keys * 49);
    }
}

#[test]
fn the_bound_of_a_filled_store_counts_what_is_there() {
    let filled = MemoryStore::new(10, 100_000);
    for time in 0..50_000 {
        assert_eq!(put(&filled, "a", time), Ok(()));
    }
    let store = filled.with_max_memory(BOUND);
    assert_eq!(put(&store, "a", 50_000), Ok(()));
    assert!(store.memory() <= BOUND && { &store }.counters().evicted > 0);
    assert_eq!({ &store }.remove(Key::new("a").unwrap()), Ok(true));
    assert_eq!(store.memory(), 0);
}

#[test]
fn threads_that_fill_it_lose_no_count() {
    const THREADS: usize = 4;
    let store = &store(Layout::new(64, 16));
    // A full store refuses new keys.
    for number in 0..THREADS {
        assert_eq!(put(store, &format!("{number}"), -1), Ok(()));
    }
    let accepted: usize = thread::scope(|scope| {
        let fill = |number: usize| {
            let key = format!("{number}");
            move || (0..30_000).filter(|&time| put(store, &key, time).is_ok()).count()
        };
        let threads: Vec<_> = (0..THREADS).map(|number| scope.spawn(fill(number))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    let counters = store.counters();
    assert_eq!(accepted, THREADS * 30_000);
    assert_eq!(accepted + THREADS, counters.samples + counters.evicted as usize);
    // The last puts of several threads may have exceeded the bound. The next put evicts that much.
    assert_eq!(put(store, "0", 30_000), Ok(()));
    assert!(store.memory() <= BOUND, "{}", store.memory());
}
