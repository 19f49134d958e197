//! Series that get nothing any more.
//!
//! A put marks its series, which costs one instruction. Each look at all series gives the marked ones
//! the time of the look. So what is removed has got nothing for as long as was said, however late
//! and seldom somebody looks, and at most the time between two looks longer.

use crate::MemoryStore;

/// The series has got a sample since the last look.
pub(crate) const JUST_NOW: u32 = u32::MAX;

impl MemoryStore {
    /// Removes the series that got nothing since `before`; returns how many. Call it again and again:
    /// `now` is the time, in any unit, and less than [`u32::MAX`].
    pub fn forget_silent(&self, now: u32, before: u32) -> usize {
        let shards = 0..self.shards.len();
        // Each shard is locked alone, and not while series are removed.
        let silent = shards.flat_map(|shard| self.shard(shard).silent(now, before));
        // It may have got something meanwhile.
        let forget = |key: &_| {
            self.remove_slot_if(key, |slot| slot.last < before).is_ok_and(|found| found.is_some())
        };
        silent.filter(|key| forget(key)).count()
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow::Continue;

    use metric_proto::{Key, Sample, Store};

    use crate::{Layout, MemoryStore};

    fn put(mut store: &MemoryStore, name: &str, timestamp: i64) {
        let sample = Sample::new(1.0, timestamp).unwrap();
        store.put(Key::new(name).unwrap(), sample).unwrap();
    }

    fn keys(store: &MemoryStore) -> Vec<String> {
        let mut keys = Vec::new();
        let _ = store.series(b"", |key, _| {
            keys.push(key.to_string());
            Continue(())
        });
        keys
    }

    #[test]
    fn a_series_goes_when_it_has_got_nothing_for_long_whatever_its_timestamps() {
        for layout in [Layout::ONE_THREAD, Layout::default()] {
            let store = MemoryStore::with_layout(layout, 10, 10);
            put(&store, "silent", i64::MAX);
            put(&store, "busy", 1);
            for now in 10..20 {
                assert_eq!(store.forget_silent(now, now - 10), 0);
                put(&store, "busy", 1);
            }
            assert_eq!(keys(&store), ["busy", "silent"]);
            assert_eq!(store.forget_silent(21, 11), 1);
            assert_eq!(keys(&store), ["busy"]);
            assert_eq!(store.count().series, 1);
            put(&store, "silent", 1);
            assert_eq!(keys(&store), ["busy", "silent"]);
        }
    }

    #[test]
    fn what_was_put_before_a_late_look_counts_as_put_just_now() {
        let store = MemoryStore::new(10, 10);
        put(&store, "a", 1);
        assert_eq!(store.forget_silent(1, 0), 0);
        put(&store, "a", 2);
        assert_eq!(store.forget_silent(1_000, 990), 0);
        assert_eq!(store.forget_silent(1_010, 1_000), 0);
        assert_eq!(store.forget_silent(1_011, 1_001), 1);
    }

    #[test]
    fn a_key_that_came_back_to_another_place_is_not_forgotten_with_its_old_one() {
        let store = MemoryStore::with_layout(Layout::ONE_THREAD, 10, 10);
        for name in ["a", "b"] {
            put(&store, name, 1);
        }
        assert_eq!(store.forget_silent(1, 0), 0);
        for name in ["a", "b"] {
            store.remove_series(name.as_bytes()).unwrap();
        }
        put(&store, "a", 1);
        assert_eq!(store.forget_silent(100, 90), 0);
        assert_eq!(keys(&store), ["a"]);
    }
}
