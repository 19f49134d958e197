//! The one suite that every store passes: its rules one by one, and random operations against a
//! plain model.

mod long;
mod model;
mod shared;

use std::ops::ControlFlow::{Break, Continue};

use metric_proto::{
    Key, Position, Query, Refused, Sample, Scan, Series, Store, StoreCounters, Summary,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

pub use long::{LONG, check_long_series};
pub(crate) use model::{Asked, Change, KEYS, Keys, Operation, check_operations};
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

fn cases<S: Store>() -> [Rule<S>; 14] {
    [
        ("an empty store shows nothing", |store| {
            assert_eq!(rows(store, "*"), []);
            assert_eq!(rows(store, "a"), []);
            assert_eq!(store.counters(), StoreCounters::ZERO);
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
            assert_eq!(store.counters(), filled(1, 1));
        }),
        ("a full series gives its oldest sample for a newer one", |store| {
            fill(store, "a");
            assert_eq!(put(store, "a", 1.0, 1_000), Ok(()));
            assert_eq!(put(store, "a", 1.0, 15), Ok(()));
            let times: Vec<_> = rows(store, "a").into_iter().map(|(_, time, _)| time).collect();
            assert_eq!(times, [15, 20, 30, 40, 50, 1_000]);
            let mut due = filled(1, SAMPLES);
            due.evicted = 2;
            assert_eq!(store.counters(), due);
        }),
        ("a full series refuses what is older than all of it", |store| {
            fill(store, "a");
            let before = rows(store, "*");
            assert_eq!(put(store, "a", 1.0, -1), Err(Refused::TooOld));
            assert_eq!(put(store, "a", 1.0, i64::MIN), Err(Refused::TooOld));
            assert_eq!(rows(store, "*"), before);
            assert_eq!((store.counters().too_old, store.counters().refused()), (2, 2));
            assert_eq!(put(store, "a", 9.0, 0), Ok(()), "its oldest can be replaced");
            assert_eq!(store.counters().evicted, 0);
        }),
        ("a full table refuses a new key and serves the others", |store| {
            let keys: Vec<_> = (0..SERIES).map(|number| format!("k{number}")).collect();
            for key in &keys {
                assert_eq!(put(store, key, 1.0, 1), Ok(()));
            }
            assert_eq!(put(store, "new", 1.0, 1), Err(Refused::TableFull));
            assert_eq!(put(store, "k0", 1.0, 2), Ok(()));
            assert_eq!(rows(store, "new"), []);
            assert_eq!((store.counters().series, store.counters().table_full), (SERIES, 1));
        }),
        ("a scan goes on where it broke off, whatever was put meanwhile", |store| {
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
        }),
        ("a position holds when its sample is evicted", |store| {
            fill(store, "a");
            let (_, position) = some_rows(store, &query("a"), Position::START, 1);
            for timestamp in 100..103 {
                assert_eq!(put(store, "a", 1.0, timestamp), Ok(()));
            }
            let rest = rest_of(store, &query("a"), position);
            assert_eq!(rest.first(), Some(&row("a", 1.0, 30)));
        }),
        ("a listing of a series ends at what was its newest sample", |store| {
            for timestamp in 0..3 {
                assert_eq!(put(store, "a", 1.0, timestamp), Ok(()));
            }
            let (_, position) = some_rows(store, &query("*"), Position::START, 1);
            assert_eq!(put(store, "a", 1.0, 10), Ok(()));
            assert_eq!(put(store, "b", 1.0, 10), Ok(()));
            let due = [row("a", 1.0, 1), row("a", 1.0, 2), row("b", 1.0, 10)];
            assert_eq!(rest_of(store, &query("*"), position), due);
        }),
        ("a query selects by prefix, by time, and the newest", |store| {
            for (key, timestamp) in [("a", 1), ("a.b", 1), ("a.b", 2), ("a.b", 3), ("b", 2)] {
                assert_eq!(put(store, key, 1.0, timestamp), Ok(()));
            }
            let all = Query::all(Series::All);
            let asked = [
                (
                    Query { series: Series::Prefix(b"a."), ..all },
                    vec![("a.b", 1), ("a.b", 2), ("a.b", 3)],
                ),
                (Query { since: 2, ..all }, vec![("a.b", 2), ("a.b", 3), ("b", 2)]),
                (Query { until: 1, ..all }, vec![("a", 1), ("a.b", 1)]),
                (Query { newest: 1, ..all }, vec![("a", 1), ("a.b", 3), ("b", 2)]),
                (
                    Query { newest: 2, until: 2, ..all },
                    vec![("a", 1), ("a.b", 1), ("a.b", 2), ("b", 2)],
                ),
                (Query { newest: 0, ..all }, vec![]),
                (Query { since: 3, until: 2, ..all }, vec![]),
                (Query::all(Series::Prefix(b"c")), vec![]),
            ];
            for (query, due) in asked {
                let due: Vec<_> = due.into_iter().map(|(key, time)| row(key, 1.0, time)).collect();
                assert_eq!(rest_of(store, &query, Position::START), due, "{query:?}");
            }
        }),
        ("a query selects the first and the last timestamp there are, or nothing", |store| {
            let ends = [i64::MIN, i64::MAX];
            for timestamp in ends {
                assert_eq!(put(store, "a", 1.0, timestamp), Ok(()));
            }
            let all = Query::all(Series::All);
            let none: &[i64] = &[];
            let asked = [
                (Query { newest: 0, ..all }, none),
                (Query { newest: 0, since: i64::MAX, ..all }, none),
                (Query { newest: 0, until: i64::MIN, ..all }, none),
                (Query { since: i64::MAX, until: i64::MIN, ..all }, none),
                (Query { since: i64::MAX, ..all }, &ends[1..]),
                (Query { until: i64::MIN, ..all }, &ends[..1]),
                (Query { newest: 1, ..all }, &ends[1..]),
                (Query { newest: 2, ..all }, &ends),
            ];
            for (query, due) in asked {
                let due: Vec<_> = due.iter().map(|&time| row("a", 1.0, time)).collect();
                assert_eq!(rest_of(store, &query, Position::START), due, "{query:?}");
            }
        }),
        ("series are listed from any key on, with their ends", |store| {
            fill(store, "b");
            assert_eq!(put(store, "a.b", 2.0, 7), Ok(()));
            assert_eq!(put(store, "b", 3.0, 1_000), Ok(()));
            let a = ("a.b".to_owned(), 1, row("", 2.0, 7), row("", 2.0, 7));
            let b = ("b".to_owned(), SAMPLES, row("", 1.0, 10), row("", 3.0, 1_000));
            for (from, due) in
                [("", vec![a.clone(), b.clone()]), ("a.b", vec![a, b.clone()]), ("a.b.", vec![b])]
            {
                assert_eq!(series(store, from), due, "from {from:?}");
            }
            assert_eq!(series(store, "c"), []);
        }),
        ("a series that is removed is gone, and its key may come again", |store| {
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
        }),
        ("a listing goes on behind a series that is removed, also if it is back", |store| {
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

fn remove(store: &mut impl Store, key: &str) -> Result<bool, Refused> {
    store.remove(Key::new(key).expect("a key"))
}

/// The query of a key, or of all.
fn query(selector: &str) -> Query<'_> {
    Query::all(Key::new(selector).map_or(Series::All, Series::Key))
}

fn rows(store: &impl Store, selector: &str) -> Vec<Row> {
    rest_of(store, &query(selector), Position::START)
}

fn rest_of(store: &impl Store, query: &Query<'_>, from: Position) -> Vec<Row> {
    let (rows, end) = scan(store, query, from, usize::MAX);
    assert_eq!(end, Scan::Done);
    rows
}

/// So many rows from a position on, and where they broke off, which they must.
fn some_rows(
    store: &impl Store,
    query: &Query<'_>,
    from: Position,
    count: usize,
) -> (Vec<Row>, Position) {
    match scan(store, query, from, count) {
        (rows, Scan::Stopped(position)) => (rows, position),
        (_, end) => panic!("there must be more than {count} rows: {end:?}"),
    }
}

fn scan(store: &impl Store, query: &Query<'_>, from: Position, count: usize) -> (Vec<Row>, Scan) {
    let mut rows = Vec::new();
    let end = store.scan(query, from, |key, sample| {
        if rows.len() == count {
            return Break(());
        }
        rows.push(row(key.as_str(), sample.value(), sample.timestamp()));
        Continue(())
    });
    (rows, end)
}

/// The counters of a store that refused and dropped nothing.
fn filled(series: usize, samples: usize) -> StoreCounters {
    let mut counters = StoreCounters::ZERO;
    (counters.series, counters.samples) = (series, samples);
    counters
}

/// A series' key, how many samples it has, and its ends.
type Line = (String, usize, Row, Row);

fn series(store: &impl Store, from: &str) -> Vec<Line> {
    let end = |sample: Sample| row("", sample.value(), sample.timestamp());
    let mut lines = Vec::new();
    let ended = store.series(from.as_bytes(), |key, Summary { samples, first, last }| {
        lines.push((key.as_str().to_owned(), samples, end(first), end(last)));
        Continue(())
    });
    assert_eq!(ended, Scan::Done);
    lines
}

fn operation() -> impl Strategy<Value = Operation> {
    let key = || 0..KEYS.len();
    let ends = || prop_oneof![Just(i64::MIN), Just(i64::MAX)];
    let timestamp = move || prop_oneof![6 => -9..9_i64, 3 => any::<i64>(), 1 => ends()];
    let value = any::<f64>().prop_filter("finite", |value| value.is_finite());
    let put = (key(), timestamp(), value).prop_map(|(key, timestamp, value)| Change::Put {
        key,
        timestamp,
        value,
    });
    let change = prop_oneof![5 => put, 1 => key().prop_map(Change::Remove)].boxed();
    let keys =
        prop_oneof![Just(Keys::All), key().prop_map(Keys::One), key().prop_map(Keys::Prefix)];
    let until = prop_oneof![Just(i64::MAX), timestamp()];
    let since = prop_oneof![Just(i64::MIN), timestamp()];
    let newest = prop_oneof![Just(usize::MAX), 0..SAMPLES + 2];
    let asked = (keys, since, until, newest).prop_map(|(keys, since, until, newest)| Asked {
        keys,
        since,
        until,
        newest,
    });
    let scan = (asked, 1..5_usize, vec(change.clone(), 0..4))
        .prop_map(|(asked, step, meanwhile)| Operation::Scan { asked, step, meanwhile });
    prop_oneof![4 => change.prop_map(Operation::Change), 1 => scan]
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
