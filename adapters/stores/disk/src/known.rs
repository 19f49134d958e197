//! The series of a log that is read.

use std::collections::HashMap;

/// The keys of the series of a log, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Known {
    keys: HashMap<u32, Box<[u8]>>,
    /// Puts and removals in series that have no key here, since what had it is lost.
    orphans: u64,
}

impl Known {
    /// Notes the key of a series.
    pub(crate) fn define(&mut self, series: u32, key: &[u8]) {
        self.keys.insert(series, key.into());
    }

    /// Returns the key of a series in which something was put.
    pub(crate) fn of_put(&mut self, series: u32) -> Option<&[u8]> {
        let key = self.keys.get(&series).map(|key| &**key);
        self.orphans += u64::from(key.is_none());
        key
    }

    /// Returns the key of a series that was removed, and forgets it: nothing else has the number.
    pub(crate) fn of_removal(&mut self, series: u32) -> Option<Box<[u8]>> {
        let key = self.keys.remove(&series);
        self.orphans += u64::from(key.is_none());
        key
    }

    /// Says which puts are lost, though they are there.
    pub(crate) fn lost(&self) -> Option<String> {
        let Self { orphans, .. } = self;
        (*orphans > 0)
            .then(|| format!("{orphans} puts are lost, since the keys of their series are"))
    }
}
