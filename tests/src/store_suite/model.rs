//! A plain model of a store, and operations on which a store must agree with it.

use std::collections::BTreeMap;

use metric_proto::{Key, Position, Query, Refused, Scan, Series, Store, StoreCounters};

use super::{Bounded, Line, Row, SAMPLES, SERIES, put, remove, row, rows, scan, series};

/// Keys of different lengths, one more than fit the store.
pub(crate) const KEYS: [&str; SERIES + 1] = ["a", "a.b", "aa", "b", "ключ"];

/// An operation on a store.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Change(Change),
    /// A scan in steps of `step` samples, with changes in between.
    Scan {
        asked: Asked,
        step: usize,
        meanwhile: Vec<Change>,
    },
}

/// A change of a store. A key is an index of [`KEYS`].
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Put { key: usize, timestamp: i64, value: f64 },
    Remove(usize),
}

/// A query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub(crate) keys: Keys,
    pub(crate) since: i64,
    pub(crate) until: i64,
    pub(crate) newest: usize,
}

/// The keys of a query, as indices of [`KEYS`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keys {
    All,
    One(usize),
    Prefix(usize),
}

impl Asked {
    const ALL: Self =
        Self { keys: Keys::All, since: i64::MIN, until: i64::MAX, newest: usize::MAX };

    fn query(&self) -> Query<'static> {
        let series = match self.keys {
            Keys::All => Series::All,
            Keys::One(key) => Series::Key(Key::new(KEYS[key]).expect("a key")),
            Keys::Prefix(key) => Series::Prefix(KEYS[key].as_bytes()),
        };
        Query { series, since: self.since, until: self.until, newest: self.newest }
    }

    fn has(&self, key: &str) -> bool {
        match self.keys {
            Keys::All => true,
            Keys::One(only) => KEYS[only] == key,
            Keys::Prefix(prefix) => key.starts_with(KEYS[prefix]),
        }
    }
}

/// Applies all operations to an empty store of [`SERIES`] series with [`SAMPLES`] samples. Fails
/// unless it returns, shows and counts the same as the model after each of them.
pub(crate) fn check_operations(
    mut store: impl Store,
    operations: impl IntoIterator<Item = Operation>,
    bounded: Bounded,
) {
    let mut model = Model { bounded, ..Model::default() };
    for operation in operations {
        model.apply(&mut store, operation);
        assert_eq!(rows(&store, "*"), model.rows(&Asked::ALL));
        assert_eq!(series(&store, ""), model.series());
        assert_eq!(store.counters(), model.counters());
    }
}

/// A store as a map of maps.
#[derive(Default)]
struct Model {
    series: BTreeMap<String, BTreeMap<i64, u64>>,
    counters: StoreCounters,
    /// Whether a series was ever removed.
    removed: bool,
    bounded: Bounded,
}

impl Model {
    fn apply(&mut self, store: &mut impl Store, operation: Operation) {
        match operation {
            Operation::Change(change) => self.change(store, change),
            Operation::Scan { asked, step, meanwhile } => {
                self.scan(store, &asked, step, meanwhile);
            }
        }
    }

    fn change(&mut self, store: &mut impl Store, change: Change) {
        match change {
            Change::Put { key, timestamp, value } => {
                let expected = self.take(KEYS[key], value, timestamp);
                assert_eq!(put(store, KEYS[key], value, timestamp), expected);
            }
            Change::Remove(key) => {
                let expected = self.series.remove(KEYS[key]).is_some();
                self.removed |= expected;
                assert_eq!(remove(store, KEYS[key]), Ok(expected));
            }
        }
    }

    fn take(&mut self, key: &str, value: f64, timestamp: i64) -> Result<(), Refused> {
        let bounded = self.bounded == Bounded::Exactly;
        if bounded && !self.series.contains_key(key) && self.series.len() == SERIES {
            self.counters.table_full += 1;
            return Err(Refused::TableFull);
        }
        let series = self.series.entry(key.to_owned()).or_default();
        let full = bounded && series.len() == SAMPLES && !series.contains_key(&timestamp);
        if full && series.keys().all(|&newer| timestamp < newer) {
            self.counters.too_old += 1;
            return Err(Refused::TooOld);
        }
        series.insert(timestamp, value.to_bits());
        if full {
            series.pop_first();
            self.counters.evicted += 1;
        }
        Ok(())
    }

    /// Scans in steps with changes in between. Samples that exist throughout must be shown
    /// exactly once, shown samples must have existed at some time, and all must be in order. A scan
    /// may be refused after a series got the slot of a removed one.
    fn scan(&mut self, store: &mut impl Store, asked: &Asked, step: usize, meanwhile: Vec<Change>) {
        let (mut lasting, mut ever) = (self.rows(asked), self.rows(asked));
        let (mut shown, mut position) = (Vec::new(), Position::START);
        let mut meanwhile = meanwhile.into_iter();
        let end = loop {
            let (rows, end) = scan(store, &asked.query(), position, step);
            shown.extend(rows);
            let Scan::Stopped(stopped) = end else { break end };
            position = stopped;
            if let Some(change) = meanwhile.next() {
                self.change(store, change);
                let now = self.rows(asked);
                lasting.retain(|row| now.contains(row));
                ever.extend(now);
            }
        };
        let times: Vec<_> = shown.iter().map(|(key, time, _)| (key, time)).collect();
        assert!(times.is_sorted_by(|one, next| one < next), "in order and once each: {shown:?}");
        assert!(shown.iter().all(|row| ever.contains(row)), "{shown:?} in {ever:?}");
        if end == Scan::Done {
            assert!(lasting.iter().all(|row| shown.contains(row)), "{lasting:?} in {shown:?}");
        } else {
            assert!(end == Scan::Refused && self.removed, "{end:?}");
        }
    }

    fn rows(&self, asked: &Asked) -> Vec<Row> {
        let within = |(time, _): &(&i64, &u64)| (asked.since..=asked.until).contains(*time);
        let series = self.series.iter().filter(|(key, _)| asked.has(key));
        let rows = series.flat_map(|(key, samples)| {
            let selected: Vec<_> = samples.iter().filter(within).collect();
            let skipped = selected.len().saturating_sub(asked.newest);
            selected.into_iter().skip(skipped).map(|(&t, &v)| (key.clone(), t, v))
        });
        rows.collect()
    }

    fn series(&self) -> Vec<Line> {
        let lines = self.series.iter().map(|(key, samples)| {
            let end = |end: Option<(&i64, &u64)>| {
                let (&time, &value) = end.expect("a sample");
                row("", f64::from_bits(value), time)
            };
            (
                key.clone(),
                samples.len(),
                end(samples.first_key_value()),
                end(samples.last_key_value()),
            )
        });
        lines.collect()
    }

    fn counters(&self) -> StoreCounters {
        let mut counters = self.counters;
        counters.series = self.series.len();
        counters.samples = self.series.values().map(BTreeMap::len).sum();
        counters
    }
}
