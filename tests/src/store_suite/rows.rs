//! Puts samples in a store, and reads them back.

use std::ops::ControlFlow::{Break, Continue};

use metric_proto::{
    Key, Position, Query, Refused, Sample, Scan, Series, Store, StoreCounters, Summary,
};

use super::SAMPLES;

/// A sample with its key. The value is compared by its bits.
pub(super) type Row = (String, i64, u64);

pub(super) fn fill(store: &mut impl Store, key: &str) {
    for number in 0..SAMPLES as i64 {
        assert_eq!(put(store, key, 1.0, 10 * number), Ok(()));
    }
}

pub(super) fn put(
    store: &mut impl Store,
    key: &str,
    value: f64,
    timestamp: i64,
) -> Result<(), Refused> {
    let sample = Sample::new(value, timestamp).expect("a finite value");
    store.put(Key::new(key).expect("a key"), sample)
}

pub(super) fn row(key: &str, value: f64, timestamp: i64) -> Row {
    (key.to_owned(), timestamp, value.to_bits())
}

pub(super) fn remove(store: &mut impl Store, key: &str) -> Result<bool, Refused> {
    store.remove(Key::new(key).expect("a key"))
}

/// Returns the query of a key, or of all series for `*`.
pub(super) fn query(selector: &str) -> Query<'_> {
    Query::all(Key::new(selector).map_or(Series::All, Series::Key))
}

pub(super) fn rows(store: &impl Store, selector: &str) -> Vec<Row> {
    rest_of(store, &query(selector), Position::START)
}

pub(super) fn rest_of(store: &impl Store, query: &Query<'_>, from: Position) -> Vec<Row> {
    let (rows, end) = scan(store, query, from, usize::MAX);
    assert_eq!(end, Scan::Done);
    rows
}

/// Returns `count` rows from a position on, and where they broke. There must be more.
pub(super) fn some_rows(
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

pub(super) fn scan(
    store: &impl Store,
    query: &Query<'_>,
    from: Position,
    count: usize,
) -> (Vec<Row>, Scan) {
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

/// Returns the counters of a store that refused and evicted nothing.
pub(super) fn filled(series: usize, samples: usize) -> StoreCounters {
    let mut counters = StoreCounters::ZERO;
    (counters.series, counters.samples) = (series, samples);
    counters
}

/// The key of a series, the number of its samples, and the oldest and the newest of them.
pub(super) type Line = (String, usize, Row, Row);

pub(super) fn series(store: &impl Store, from: &str) -> Vec<Line> {
    let end = |sample: Sample| row("", sample.value(), sample.timestamp());
    let mut lines = Vec::new();
    let ended = store.series(from.as_bytes(), |key, Summary { samples, first, last }| {
        lines.push((key.as_str().to_owned(), samples, end(first), end(last)));
        Continue(())
    });
    assert_eq!(ended, Scan::Done);
    lines
}
