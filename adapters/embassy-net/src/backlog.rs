//! What of a store was not yet reported to a server elsewhere.

use heapless::String;
use metric_proto::{FixedStore, Key, Sample, Store};

/// The newest reported timestamp of each series. The samples behind it wait in the store itself, so the
/// queue is as long as the store: during an outage new samples evict the oldest as usual.
///
/// A sample that arrives in the store behind a newer one of its series that was already reported is not
/// reported. It counts as dropped, as one that is evicted before its turn does. A
/// sample that replaces a reported one is not reported again. Series must not be removed, which no
/// request to a board does.
#[derive(Debug)]
pub struct Backlog<const SERIES: usize> {
    reported: [Option<i64>; SERIES],
    /// The slot to begin with, so that no series keeps the others waiting.
    turn: usize,
    total: u64,
}

/// The next sample to report.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Next<const KEY: usize> {
    slot: usize,
    key: String<KEY>,
    pub(crate) sample: Sample,
}

impl<const KEY: usize> Next<KEY> {
    /// Returns the key, which was one in the store.
    pub(crate) fn key(&self) -> Option<Key<'_>> {
        Key::new(&self.key).ok()
    }
}

impl<const SERIES: usize> Backlog<SERIES> {
    /// Nothing was reported yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { reported: [None; SERIES], turn: 0, total: 0 }
    }

    /// Returns the oldest sample of the next series that has one to report.
    pub(crate) fn next<const SAMPLES: usize, const KEY: usize>(
        &self,
        store: &FixedStore<SERIES, SAMPLES, KEY>,
    ) -> Option<Next<KEY>> {
        let slots = (self.turn..SERIES).chain(0..self.turn);
        slots.into_iter().find_map(|slot| {
            let since = match self.reported.get(slot)? {
                Some(newest) => newest.checked_add(1)?,
                None => i64::MIN,
            };
            let (key, sample) = store.oldest_since(slot, since)?;
            Some(Next { slot, key: String::try_from(key.as_str()).ok()?, sample })
        })
    }

    /// Notes that the server has answered.
    pub(crate) fn answered<const KEY: usize>(&mut self, next: &Next<KEY>) {
        if let Some(reported) = self.reported.get_mut(next.slot) {
            *reported = Some(next.sample.timestamp());
            self.turn = next.slot.saturating_add(1);
            self.total = self.total.saturating_add(1);
        }
    }

    /// Returns how many samples were in the store and are not reported. If there is no
    /// [next](Self::next) one, they never will be.
    pub(crate) fn dropped(&self, store: &impl Store) -> u64 {
        let counters = store.counters();
        (counters.samples as u64).saturating_add(counters.evicted).saturating_sub(self.total)
    }
}

impl<const SERIES: usize> Default for Backlog<SERIES> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::string::{String, ToString};
    use std::vec::Vec;

    use super::*;

    type Small = FixedStore<4, 3, 8>;

    fn put(store: &mut Small, samples: &[(&str, i64)]) {
        for (key, timestamp) in samples {
            let sample = Sample::new(*timestamp as f64, *timestamp).unwrap();
            store.put(Key::new(key).unwrap(), sample).unwrap();
        }
    }

    /// Reports all that is left.
    fn drain(backlog: &mut Backlog<4>, store: &Small) -> Vec<String> {
        let mut told = Vec::new();
        while let Some(next) = backlog.next(store) {
            assert_eq!(backlog.next(store).as_ref(), Some(&next));
            backlog.answered(&next);
            let key = next.key().unwrap().as_str().to_string();
            told.push(format!("{key} {}", next.sample.timestamp()));
        }
        told
    }

    #[test]
    fn each_sample_is_reported_once_and_each_series_has_a_turn() {
        let (mut backlog, mut store) = (Backlog::new(), Small::new());
        assert_eq!(drain(&mut backlog, &store).len(), 0);
        put(&mut store, &[("b", 2), ("a", 7), ("b", 1), ("a", i64::MAX), ("c", i64::MIN)]);
        let max = format!("a {}", i64::MAX);
        let min = format!("c {}", i64::MIN);
        assert_eq!(drain(&mut backlog, &store), ["b 1", "a 7", &min, "b 2", &max]);
        put(&mut store, &[("b", 3), ("a", i64::MAX), ("b", 3)]);
        assert_eq!(drain(&mut backlog, &store), ["b 3"]);
        assert_eq!(backlog.dropped(&store), 0);
    }

    #[test]
    fn samples_that_are_evicted_or_late_count_as_dropped() {
        let (mut backlog, mut store) = (Backlog::new(), Small::new());
        put(&mut store, &[("a", 1), ("a", 2)]);
        assert_eq!(drain(&mut backlog, &store), ["a 1", "a 2"]);
        put(&mut store, &[("a", 3), ("a", 4), ("a", 5), ("a", 6), ("a", 7)]);
        assert_eq!(drain(&mut backlog, &store), ["a 5", "a 6", "a 7"]);
        assert_eq!(backlog.dropped(&store), 2);
        put(&mut store, &[("b", 9)]);
        assert_eq!(drain(&mut backlog, &store), ["b 9"]);
        put(&mut store, &[("b", 8)]);
        assert_eq!(drain(&mut backlog, &store).len(), 0);
        assert_eq!(backlog.dropped(&store), 3);
    }
}
