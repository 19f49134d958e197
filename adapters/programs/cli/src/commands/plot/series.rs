//! Collects the series of a plot.

use std::collections::BTreeMap;

use metric_proto::Sample;

use super::columns::Columns;

/// The largest number of series in a plot. More would be hard to tell apart.
pub(super) const MAX_SERIES: usize = 20;

/// The series of a plot, reduced to what a picture can show.
#[derive(Debug)]
pub(super) struct Series {
    series: BTreeMap<String, Columns>,
    most: usize,
}

impl Series {
    /// Creates an empty collection for a picture of `columns`.
    pub(super) const fn new(columns: usize) -> Self {
        // At least half of them remain after merging, which is one for each.
        Self { series: BTreeMap::new(), most: 2 * columns }
    }

    /// Adds a sample. Returns false, and drops it, if it begins a series too many.
    pub(super) fn put(&mut self, key: &str, sample: Sample) -> bool {
        if let Some(columns) = self.series.get_mut(key) {
            columns.put(sample);
            return true;
        }
        let room = self.series.len() < MAX_SERIES;
        if room {
            let mut columns = Columns::new(self.most);
            columns.put(sample);
            self.series.insert(key.to_owned(), columns);
        }
        room
    }

    pub(super) fn columns(self) -> BTreeMap<String, Columns> {
        self.series
    }
}
