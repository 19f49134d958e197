//! Random puts, each with a value of its own.

use fastrand::Rng;
use metric_disk::{Settings, Sync};
use metric_memory::Layout;
use metric_proto::{Key, Refused, Sample, Store};

/// More keys than the store has room for.
pub const KEYS: [&str; 7] = ["a", "b.c", "b.d", "e", "f", "g", "h"];

/// The number of series that the store has room for.
const SERIES: usize = 6;

/// Keys, times and values. No two values are equal.
#[derive(Debug)]
pub struct Source {
    random: Rng,
    values: u32,
    now: i64,
}

impl Source {
    /// Creates one.
    #[must_use]
    pub fn new(random: Rng) -> Self {
        Self { random, values: 0, now: 0 }
    }

    /// Returns a key.
    pub fn key(&mut self) -> &'static str {
        KEYS[self.random.usize(..KEYS.len()).min(self.random.usize(..KEYS.len()))]
    }

    /// Returns a key and a sample, mostly a new one, now and then a late one or a replacement.
    pub fn sample(&mut self) -> (&'static str, i64, f64) {
        self.values += 1;
        let value = match self.values % 5 {
            0 => f64::from(self.values) + 1.0 / 3.0,
            _ => f64::from(self.values) / 8.0,
        };
        let timestamp = match self.random.u8(..10) {
            0 => self.now - self.random.i64(0..60),
            1..3 => self.now - self.random.i64(0..8),
            _ => {
                self.now += 1;
                self.now
            }
        };
        (self.key(), timestamp, value)
    }

    /// Returns a timestamp later than all before, and a value.
    pub fn newest(&mut self) -> (i64, f64) {
        self.now += 1;
        self.values += 1;
        (self.now, f64::from(self.values) / 8.0)
    }

    /// Returns a number below a bound.
    pub fn below(&mut self, bound: u8) -> u8 {
        self.random.u8(..bound)
    }
}

/// Returns settings with which each boundary is crossed often.
#[must_use]
pub fn settings(sync: Sync, random: &mut Rng) -> Settings {
    let samples = random.choice([12, 40, 1_000]).unwrap_or_default();
    let shards = random.choice([1, 1, 4]).unwrap_or_default();
    let mut settings = Settings::new(Layout::new(shards, 3), SERIES, samples);
    settings.sync = sync;
    settings.log_bytes = 4_096;
    settings.run_samples = 5;
    settings.max_memory = random.choice([6_000, 20_000, usize::MAX]).unwrap_or_default();
    settings.merge_width = random.usize(2..=3);
    settings.clock = || 1_700_000_000;
    settings
}

/// Puts a sample.
///
/// # Errors
///
/// If the store refuses it.
///
/// # Panics
///
/// If it is no sample.
pub fn put(
    store: &mut impl Store,
    (key, timestamp, value): (&str, i64, f64),
) -> Result<(), Refused> {
    let sample = Sample::new(value, timestamp).expect("a finite value");
    store.put(Key::new(key).expect("a key"), sample)
}
