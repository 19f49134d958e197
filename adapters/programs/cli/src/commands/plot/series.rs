//! The series of a plot, while they are read.

use std::collections::BTreeMap;

use metric_proto::Sample;

use super::columns::Columns;

/// More could hardly be told apart.
pub(super) const MAX_SERIES: usize = 20;

/// Series, and of each what fits a picture.
#[derive(Debug)]
pub(super) struct Series {
    series: BTreeMap<String, Columns>,
    most: usize,
}

impl Series {
    /// For a picture of so many columns.
    pub(super) const fn new(columns: usize) -> Self {
        // Of twice as many one for each remains.
        Self { series: BTreeMap::new(), most: 2 * columns }
    }

    /// False if that is a series too many.
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
