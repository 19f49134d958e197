//! The series of a plot, while they are read.

use std::collections::{BTreeMap, VecDeque};

use metric_proto::Sample;

use crate::plot::columns::Columns;

/// More could hardly be told apart.
pub(super) const MAX_SERIES: usize = 20;

/// Series, and of each what fits a picture, or the newest samples.
#[derive(Debug)]
pub(super) struct Series {
    series: BTreeMap<String, Kept>,
    last: Option<u32>,
    most: usize,
}

#[derive(Debug)]
struct Kept {
    newest: VecDeque<Sample>,
    columns: Columns,
}

impl Series {
    /// For a picture of so many columns, of the newest samples only if `last` says how many.
    pub(super) const fn new(last: Option<u32>, columns: usize) -> Self {
        // Of twice as many one for each remains.
        Self { series: BTreeMap::new(), last, most: 2 * columns }
    }

    /// False if that is a series too many.
    pub(super) fn put(&mut self, key: &str, sample: Sample) -> bool {
        if let Some(kept) = self.series.get_mut(key) {
            kept.put(sample, self.last);
            return true;
        }
        let room = self.series.len() < MAX_SERIES;
        if room {
            let mut kept = Kept { newest: VecDeque::new(), columns: Columns::new(self.most) };
            kept.put(sample, self.last);
            self.series.insert(key.to_owned(), kept);
        }
        room
    }

    pub(super) fn columns(self) -> BTreeMap<String, Columns> {
        self.series.into_iter().map(|(key, kept)| (key, kept.columns())).collect()
    }
}

impl Kept {
    fn put(&mut self, sample: Sample, last: Option<u32>) {
        let Some(last) = last else { return self.columns.put(sample) };
        self.newest.push_back(sample);
        if self.newest.len() > last as usize {
            self.newest.pop_front();
        }
    }

    fn columns(mut self) -> Columns {
        self.newest.into_iter().for_each(|sample| self.columns.put(sample));
        self.columns
    }
}
