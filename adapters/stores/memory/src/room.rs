//! Making room where memory is bounded.

use std::sync::TryLockError;

use crate::MemoryStore;

impl MemoryStore {
    /// Drops the oldest samples of the largest series to make room, unless another thread does. Other threads go on
    /// meanwhile: some room is left, and this mostly takes two walks over all series.
    #[cold]
    pub(crate) fn drop_oldest(&self) {
        let _making = match self.memory.making.try_lock() {
            Ok(making) => making,
            // A thread panicked with it, but it guards nothing.
            Err(TryLockError::Poisoned(making)) => making.into_inner(),
            Err(TryLockError::WouldBlock) => return,
        };
        let mut level = self.level();
        self.trim(level);
        // Less was spared than it seemed, or other threads have put meanwhile.
        while self.memory.used() > self.memory.low() && level > 0 {
            level /= 2;
            self.trim(level);
        }
        self.memory.made_room();
    }

    fn trim(&self, level: usize) {
        for shard in &self.shards {
            shard.lock().trim(level, &self.memory);
        }
    }

    /// Returns the bytes that the samples of each series may take, so that all series together take
    /// no more than they should.
    fn level(&self) -> usize {
        let sizes = self.sizes();
        let excess = self.memory.used().saturating_sub(self.memory.low());
        let spared = |level: usize| sizes.iter().map(|size| size.above(level)).sum::<usize>();
        let levels = (0..sizes.len()).rev().map(floor);
        levels.into_iter().find(|&level| spared(level) >= excess).unwrap_or(0)
    }

    /// Returns the number and the bytes of the series of each size.
    fn sizes(&self) -> [Sizes; CLASSES] {
        let mut sizes = [Sizes::default(); CLASSES];
        for shard in &self.shards {
            for slot in shard.lock().series() {
                let bytes = slot.series.bytes();
                let size = &mut sizes[class(bytes)];
                size.series += 1;
                size.bytes += bytes;
            }
        }
        sizes
    }
}

/// Series whose samples take about the same number of bytes.
#[derive(Clone, Copy, Debug, Default)]
struct Sizes {
    series: usize,
    bytes: usize,
}

impl Sizes {
    /// Returns the bytes that these series take above a level.
    fn above(&self, level: usize) -> usize {
        self.bytes.saturating_sub(self.series.saturating_mul(level))
    }
}

/// Eight classes of sizes for each power of two: the sizes of one differ by less than an eighth.
const CLASSES: usize = STEPS * usize::BITS as usize;
const STEPS: usize = 8;

fn class(bytes: usize) -> usize {
    let bytes = bytes.max(STEPS);
    let power = bytes.ilog2();
    let step = bytes >> (power - STEPS.ilog2()) & (STEPS - 1);
    power as usize * STEPS + step
}

/// The smallest size of a class.
fn floor(class: usize) -> usize {
    let (power, step) = (class / STEPS, class % STEPS);
    match power.checked_sub(STEPS.ilog2() as usize) {
        Some(shift) => (STEPS + step) << shift,
        None => 0,
    }
}

#[cfg(test)]
mod tests {
    use metric_proto::{Key, Sample, Store};

    use super::*;
    use crate::Layout;
    use crate::shard::Slot;

    /// What the store should have counted.
    fn bytes(store: &MemoryStore) -> usize {
        let index = store.index.read().unwrap();
        let series = index.places.iter().map(|(key, place)| {
            let shard = store.shard(place.shard);
            Slot::<()>::bytes(key) + shard.series()[place.slot].series.bytes()
        });
        series.sum()
    }

    #[test]
    fn every_byte_is_counted_whatever_is_put_removed_and_dropped() {
        for (bound, samples) in [(usize::MAX, 40), (60_000, usize::MAX), (20_000, 30), (6_000, 90)]
        {
            let layout = Layout::new(4, 8);
            let store = MemoryStore::with_layout(layout, 50, samples).with_max_memory(bound);
            let mut random = 1_u64;
            for step in 0..20_000 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                let pick = |from: u32, below: u64| (random >> from) % below;
                let name = format!("key{}", pick(33, 60));
                let key = Key::new(&name).unwrap();
                let late = if pick(40, 4) == 0 { pick(45, 5_000) } else { 0 };
                if pick(57, 100) == 0 {
                    let _ = { &store }.remove(key);
                }
                let sample = Sample::new(random as f64, step - late as i64).unwrap();
                let _ = { &store }.put(key, sample);
                assert_eq!(store.memory(), bytes(&store), "step {step}");
            }
            let counters = { &store }.counters();
            assert!(bound == usize::MAX || counters.evicted > 0 && store.memory() <= bound);
        }
    }

    #[test]
    fn a_class_begins_at_its_floor() {
        for bytes in (8..5_000).chain([usize::MAX / 2, usize::MAX]) {
            let class = class(bytes);
            assert!(floor(class) <= bytes, "{bytes}");
            assert!(class + 1 == CLASSES || bytes < floor(class + 1), "{bytes}");
        }
    }
}
