//! The rules of a store as a plain model, and operations on which a store must agree with it.

use std::collections::BTreeMap;

use metric_proto::{Counts, Position, Refused, Store};

use super::{Row, SAMPLES, SERIES, put, rows, some_rows};

/// Keys of different lengths, one more than there is room for.
pub(crate) const KEYS: [&str; SERIES + 1] = ["a", "a.b", "aa", "b", "ключ"];

/// What is done to a store; a key is its place among [`KEYS`].
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Put {
        key: usize,
        timestamp: i64,
        value: f64,
    },
    /// A scan in steps of so many samples, with puts in between.
    Scan {
        key: Option<usize>,
        step: usize,
        meanwhile: Vec<(usize, i64)>,
    },
}

/// Does all operations to an empty store of [`SERIES`] series with [`SAMPLES`] samples, and fails
/// unless it tells, holds and counts after each of them what the model does.
pub(crate) fn check_operations(
    mut store: impl Store,
    operations: impl IntoIterator<Item = Operation>,
) {
    let mut model = Model::default();
    for operation in operations {
        model.apply(&mut store, operation);
        assert_eq!(rows(&store, "*"), model.rows("*"));
        assert_eq!(store.counts(), model.counts());
    }
}

/// The rules of a store, as plainly as they can be written.
#[derive(Default)]
struct Model {
    series: BTreeMap<String, BTreeMap<i64, u64>>,
    counts: Counts,
}

impl Model {
    fn apply(&mut self, store: &mut impl Store, operation: Operation) {
        match operation {
            Operation::Put { key, timestamp, value } => self.put(store, key, value, timestamp),
            Operation::Scan { key, step, meanwhile } => {
                let selector = key.map_or("*", |key| KEYS[key]);
                self.scan(store, selector, step, meanwhile);
            }
        }
    }

    fn put(&mut self, store: &mut impl Store, key: usize, value: f64, timestamp: i64) {
        let expected = self.take(KEYS[key], value, timestamp);
        assert_eq!(put(store, KEYS[key], value, timestamp), expected);
    }

    fn take(&mut self, key: &str, value: f64, timestamp: i64) -> Result<(), Refused> {
        if !self.series.contains_key(key) && self.series.len() == SERIES {
            self.counts.table_full += 1;
            return Err(Refused::TableFull);
        }
        let series = self.series.entry(key.to_owned()).or_default();
        let full = series.len() == SAMPLES && !series.contains_key(&timestamp);
        if full && series.keys().all(|&newer| timestamp < newer) {
            self.counts.too_old += 1;
            return Err(Refused::TooOld);
        }
        series.insert(timestamp, value.to_bits());
        if full {
            series.pop_first();
            self.counts.evicted += 1;
        }
        Ok(())
    }

    /// Scans in steps with puts in between: what was there all the while comes exactly once, what
    /// is shown was there at some time, and all of it is in order.
    fn scan(
        &mut self,
        store: &mut impl Store,
        selector: &str,
        step: usize,
        meanwhile: Vec<(usize, i64)>,
    ) {
        let (mut lasting, mut ever) = (self.rows(selector), self.rows(selector));
        let (mut shown, mut next) = (Vec::new(), Some(Position::START));
        let mut meanwhile = meanwhile.into_iter();
        while let Some(position) = next {
            let (rows, position) = some_rows(store, selector, position, step);
            shown.extend(rows);
            next = position;
            if let Some((key, timestamp)) = meanwhile.next() {
                self.put(store, key, 0.5, timestamp);
                let now = self.rows(selector);
                lasting.retain(|row| now.contains(row));
                ever.extend(now);
            }
        }
        let times: Vec<_> = shown.iter().map(|(key, time, _)| (key, time)).collect();
        assert!(times.is_sorted_by(|one, next| one < next), "in order and once each: {shown:?}");
        assert!(lasting.iter().all(|row| shown.contains(row)), "{lasting:?} in {shown:?}");
        assert!(shown.iter().all(|row| ever.contains(row)), "{shown:?} in {ever:?}");
    }

    fn rows(&self, selector: &str) -> Vec<Row> {
        let selected = |key: &&String| selector == "*" || *key == selector;
        let series = self.series.iter().filter(|(key, _)| selected(key));
        series
            .flat_map(|(key, samples)| samples.iter().map(|(&t, &v)| (key.clone(), t, v)))
            .collect()
    }

    fn counts(&self) -> Counts {
        let samples = self.series.values().map(BTreeMap::len).sum();
        Counts { series: self.series.len(), samples, ..self.counts }
    }
}
