//! What a connection has put, and what must be left of it after a kill.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::load::Load;

/// The bound on the samples of a series.
pub(super) const SAMPLES: usize = 1_000;

/// Keys of a connection.
const KEYS: usize = 12;

/// How many samples of a series are newer than a late one, at most.
const LATE: i64 = 300;

/// A put: the place of its key, and its timestamp. Its value is made of its number.
pub(super) type Put = (usize, i64);

/// The samples of a connection's keys.
#[derive(Clone, Debug)]
pub(super) struct Model {
    keys: Vec<String>,
    /// The number of the put for each timestamp.
    series: Vec<BTreeMap<i64, u64>>,
    /// How many puts were applied.
    applied: u64,
    /// Puts that came after these. So many of them must be there.
    pending: VecDeque<Put>,
    acknowledged: u64,
}

impl Model {
    pub(super) fn new(connection: usize) -> Self {
        let name = |key| format!("connection{connection}.key{key}.{}", "x".repeat(30 * key / KEYS));
        let keys = (0..KEYS).map(name).collect();
        let series = vec![BTreeMap::new(); KEYS];
        Self { keys, series, applied: 0, pending: VecDeque::new(), acknowledged: 0 }
    }

    /// Takes what a connection has put before the server was killed.
    pub(super) fn put(&mut self, load: Load) {
        self.pending = load.sent.into();
        self.acknowledged = load.acknowledged;
    }

    /// Makes the next put and applies it; returns it with its line.
    pub(super) fn next(&mut self, random: &mut fastrand::Rng) -> (Put, String) {
        let key = random.usize(..KEYS);
        let newest = self.series[key].last_key_value().map_or(0, |(&time, _)| time);
        let is_late = random.u8(..) < 32 && newest > LATE;
        let time = newest + if is_late { -random.i64(0..LATE) } else { random.i64(1..=2) };
        let line = format!("put {} {} {time}\n", self.keys[key], value(self.applied));
        self.apply((key, time));
        ((key, time), line)
    }

    fn apply(&mut self, (key, time): Put) {
        let series = &mut self.series[key];
        series.insert(time, self.applied);
        if series.len() > SAMPLES {
            series.pop_first();
        }
        self.applied += 1;
    }

    /// Compares the samples of a server after a kill; returns how many puts were kept that were not
    /// acknowledged.
    pub(super) fn compare(&mut self, found: &HashMap<&str, Vec<(i64, f64)>>) -> u64 {
        let least = self.applied + self.acknowledged;
        let newest = found.values().flatten().map(|&(_, value)| value as u64).max();
        let kept = newest.map_or(0, |newest| newest + 1);
        let most = self.applied + self.pending.len() as u64;
        assert!((least..=most).contains(&kept), "{kept} of {least} to {most} puts were kept");
        while self.applied < kept {
            let put = self.pending.pop_front().expect("there are so many");
            self.apply(put);
        }
        self.pending.clear();
        self.acknowledged = 0;
        for (key, series) in self.keys.iter().zip(&self.series) {
            let found = found.get(&**key).map_or(&[][..], Vec::as_slice);
            let expected = series.iter().map(|(&time, &number)| (time, value(number)));
            let same = found.iter().copied().eq(expected);
            assert!(same, "after {kept} puts {key} has {found:?} instead of {series:?}");
        }
        assert!(found.keys().all(|key| self.keys.iter().any(|known| known == key)));
        kept - least
    }
}

/// Returns the connection of a key.
pub(super) fn connection(key: &str) -> Option<usize> {
    key.strip_prefix("connection")?.split('.').next()?.parse().ok()
}

/// The value of a put: its number, and a fraction that no short decimal has, so that it takes a whole
/// double in the log.
fn value(number: u64) -> f64 {
    let fraction = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 44 | 1;
    number as f64 + fraction as f64 / f64::from(1 << 20)
}
