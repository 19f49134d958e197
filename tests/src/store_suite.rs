//! The one suite that every store passes: its rules one by one, and random operations against a
//! plain model.

mod long;
mod model;
mod shared;

use std::ops::ControlFlow::{Break, Continue};

use metric_proto::{Counts, Key, Position, Refused, Sample, Selector, Store};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

pub use long::{LONG, check_long_series};
pub(crate) use model::{KEYS, Operation, check_operations};
pub use shared::check_shared_store;

/// The bounds of the stores that the suite is given.
pub const SERIES: usize = 4;
/// See [`SERIES`].
pub const SAMPLES: usize = 6;

/// A sample with the key it stands under, as text and bits so that all of it is compared.
type Row = (String, i64, u64);

/// Checks a kind of store: `make` gives an empty one of [`SERIES`] series with [`SAMPLES`] samples.
///
/// # Panics
///
/// If a rule does not hold; the message tells which.
pub fn check_store<S: Store>(make: impl Fn() -> S) {
    for (rule, case) in cases::<S>() {
        println!("{rule}");
        case(&mut make());
    }
    random_operations_agree_with_a_model(make);
}

type Rule<S> = (&'static str, fn(&mut S));

fn cases<S: Store>() -> [Rule<S>; 8] {
    [
        ("an empty store shows nothing", |store| {
            assert_eq!(rows(store, "*"), []);
            assert_eq!(rows(store, "a"), []);
            assert_eq!(store.counts(), Counts::ZERO);
        }),
        ("keys come in byte order and samples by timestamp", |store| {
            for (key, timestamp) in [("b", 2), ("a.b", 0), ("b", -1), ("B", 5), ("b", i64::MIN)] {
                assert_eq!(put(store, key, 1.0, timestamp), Ok(()));
            }
            let shown = [("B", 5), ("a.b", 0), ("b", i64::MIN), ("b", -1), ("b", 2)];
            assert_eq!(rows(store, "*"), shown.map(|(key, timestamp)| row(key, 1.0, timestamp)));
            assert_eq!(rows(store, "b").len(), 3);
        }),
        ("the last write wins, to the bit", |store| {
            for value in [1.0, 0.0, -0.0] {
                assert_eq!(put(store, "a", value, 7), Ok(()));
            }
            assert_eq!(rows(store, "a"), [row("a", -0.0, 7)]);
            assert_eq!(store.counts(), Counts { series: 1, samples: 1, ..Counts::ZERO });
        }),
        ("a full series gives its oldest sample for a newer one", |store| {
            fill(store, "a");
            assert_eq!(put(store, "a", 1.0, 1_000), Ok(()));
            assert_eq!(put(store, "a", 1.0, 15), Ok(()));
            let times: Vec<_> = rows(store, "a").into_iter().map(|(_, time, _)| time).collect();
            assert_eq!(times, [15, 20, 30, 40, 50, 1_000]);
            let samples = SAMPLES;
            assert_eq!(store.counts(), Counts { series: 1, samples, evicted: 2, ..Counts::ZERO });
        }),
        ("a full series refuses what is older than all of it", |store| {
            fill(store, "a");
            let before = rows(store, "*");
            assert_eq!(put(store, "a", 1.0, -1), Err(Refused::TooOld));
            assert_eq!(put(store, "a", 1.0, i64::MIN), Err(Refused::TooOld));
            assert_eq!(rows(store, "*"), before);
            assert_eq!((store.counts().too_old, store.counts().refused()), (2, 2));
            assert_eq!(put(store, "a", 9.0, 0), Ok(()), "its oldest can be replaced");
            assert_eq!(store.counts().evicted, 0);
        }),
        ("a full table refuses a new key and serves the others", |store| {
            let keys: Vec<_> = (0..SERIES).map(|number| format!("k{number}")).collect();
            for key in &keys {
                assert_eq!(put(store, key, 1.0, 1), Ok(()));
            }
            assert_eq!(put(store, "new", 1.0, 1), Err(Refused::TableFull));
            assert_eq!(put(store, "k0", 1.0, 2), Ok(()));
            assert_eq!(rows(store, "new"), []);
            assert_eq!((store.counts().series, store.counts().table_full), (SERIES, 1));
        }),
        ("a scan goes on where it broke off, whatever was put meanwhile", |store| {
            for (key, timestamp) in [("b", 10), ("b", 20), ("d", 10)] {
                assert_eq!(put(store, key, 1.0, timestamp), Ok(()));
            }
            let (shown, position) = some_rows(store, "*", Position::START, 1);
            assert_eq!(shown, [row("b", 1.0, 10)]);
            for (key, timestamp) in [("a", 1), ("c", 1), ("b", 15), ("b", 5)] {
                assert_eq!(put(store, key, 1.0, timestamp), Ok(()));
            }
            let (rest, end) = some_rows(store, "*", position.expect("there is more"), usize::MAX);
            assert_eq!(end, None);
            assert!(!rest.contains(&row("b", 1.0, 10)));
            for due in [row("b", 1.0, 20), row("d", 1.0, 10)] {
                assert_eq!(rest.iter().filter(|shown| **shown == due).count(), 1);
            }
            assert!(rest.is_sorted());
        }),
        ("a position holds when its sample is evicted", |store| {
            fill(store, "a");
            let (_, position) = some_rows(store, "a", Position::START, 1);
            for timestamp in 100..103 {
                assert_eq!(put(store, "a", 1.0, timestamp), Ok(()));
            }
            let (rest, _) = some_rows(store, "a", position.expect("there is more"), usize::MAX);
            assert_eq!(rest.first(), Some(&row("a", 1.0, 30)));
        }),
    ]
}

fn fill(store: &mut impl Store, key: &str) {
    for number in 0..SAMPLES as i64 {
        assert_eq!(put(store, key, 1.0, 10 * number), Ok(()));
    }
}

fn put(store: &mut impl Store, key: &str, value: f64, timestamp: i64) -> Result<(), Refused> {
    let sample = Sample::new(value, timestamp).expect("a finite value");
    store.put(Key::new(key).expect("a key"), sample)
}

fn row(key: &str, value: f64, timestamp: i64) -> Row {
    (key.to_owned(), timestamp, value.to_bits())
}

fn rows(store: &impl Store, selector: &str) -> Vec<Row> {
    let (rows, position) = some_rows(store, selector, Position::START, usize::MAX);
    assert_eq!(position, None);
    rows
}

/// Up to so many rows from a position on, and where they broke off.
fn some_rows(
    store: &impl Store,
    selector: &str,
    from: Position,
    count: usize,
) -> (Vec<Row>, Option<Position>) {
    let selector = Key::new(selector).map_or(Selector::All, Selector::Key);
    let mut rows = Vec::new();
    let position = store.scan(selector, from, |key, sample| {
        if rows.len() == count {
            return Break(());
        }
        rows.push(row(key.as_str(), sample.value(), sample.timestamp()));
        Continue(())
    });
    (rows, position)
}

fn operation() -> impl Strategy<Value = Operation> {
    let key = || 0..KEYS.len();
    let timestamp = || prop_oneof![-9..9_i64, any::<i64>()];
    let value = any::<f64>().prop_filter("finite", |value| value.is_finite());
    let put = (key(), timestamp(), value).prop_map(|(key, timestamp, value)| Operation::Put {
        key,
        timestamp,
        value,
    });
    let meanwhile = vec((key(), timestamp()), 0..4);
    let scan = (proptest::option::of(key()), 1..5_usize, meanwhile)
        .prop_map(|(key, step, meanwhile)| Operation::Scan { key, step, meanwhile });
    prop_oneof![4 => put, 1 => scan]
}

fn random_operations_agree_with_a_model<S: Store>(make: impl Fn() -> S) {
    println!("random operations agree with a model");
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::default() });
    let checked = runner.run(&vec(operation(), 1..200), |operations| {
        check_operations(make(), operations);
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{failure}"));
}
