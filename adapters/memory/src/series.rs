//! The samples of one series.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use metric_proto::{Refused, Sample, Taken};

/// Values by timestamp.
#[derive(Debug, Default)]
pub(crate) struct Series {
    samples: BTreeMap<i64, f64>,
}

impl Series {
    pub(crate) fn take(&mut self, sample: Sample, bound: usize) -> Result<Taken, Refused> {
        let full = self.samples.len() >= bound;
        let too_old = full && self.is_before_all(sample.timestamp());
        match self.samples.entry(sample.timestamp()) {
            Entry::Occupied(mut there) => {
                there.insert(sample.value());
                return Ok(Taken::Replaced);
            }
            Entry::Vacant(_) if too_old => return Err(Refused::TooOld),
            Entry::Vacant(place) => place.insert(sample.value()),
        };
        if full {
            self.samples.pop_first();
        }
        Ok(if full { Taken::Evicted } else { Taken::Added })
    }

    fn is_before_all(&self, timestamp: i64) -> bool {
        self.samples.first_key_value().is_none_or(|(&oldest, _)| timestamp < oldest)
    }

    /// The samples that are not before a timestamp.
    pub(crate) fn since(&self, timestamp: i64) -> impl Iterator<Item = Sample> {
        let samples = self.samples.range(timestamp..);
        samples.filter_map(|(&timestamp, &value)| Sample::new(value, timestamp).ok())
    }
}
