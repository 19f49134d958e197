//! The model's store: a table of series, each a table of samples, with two bounds.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::value::value_text;

/// The bounds of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes in the longest line, without its LF and the CR before that.
    pub line: usize,
    /// Bytes in the longest key.
    pub key: usize,
    /// Series in the table.
    pub series: usize,
    /// Samples in one series, at least one.
    pub samples: usize,
}

/// The store that the connections to one model share.
#[derive(Clone, Debug)]
pub struct ModelStore {
    bounds: Bounds,
    table: BTreeMap<String, BTreeMap<i64, f64>>,
}

/// The error for a put that exceeds a bound.
pub(super) struct Refused;

impl ModelStore {
    /// Creates an empty store with these bounds.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, table: BTreeMap::new() }
    }

    pub(super) fn put(&mut self, key: &str, value: f64, timestamp: i64) -> Result<(), Refused> {
        if !self.table.contains_key(key) && self.table.len() >= self.bounds.series {
            return Err(Refused);
        }
        let series = self.table.entry(key.into()).or_default();
        let full = series.len() >= self.bounds.samples;
        if full && !series.contains_key(&timestamp) {
            let oldest = series.keys().next().copied();
            if oldest.is_some_and(|oldest| timestamp < oldest) {
                return Err(Refused);
            }
            series.pop_first();
        }
        series.insert(timestamp, value);
        Ok(())
    }

    pub(super) fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// Writes the samples of one key, or of all, as the lines of a reply.
    pub fn rows(&self, selected: Option<&str>) -> String {
        let mut rows = String::new();
        for (key, series) in &self.table {
            if selected.is_some_and(|selected| selected != key) {
                continue;
            }
            for (timestamp, &value) in series {
                let _ = writeln!(rows, "{key} {} {timestamp}", value_text(value));
            }
        }
        rows
    }
}
