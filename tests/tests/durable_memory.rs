//! A durable store whose memory is bounded moves samples to its disk. What series take beside samples
//! cannot be moved.

use std::sync::Arc;

use metric_disk::{DiskStore, Handle, Settings};
use metric_memory::Layout;
use metric_proto::Refused;
use metric_tests::crash_model::put;
use metric_tests::patient::{open, settle};
use metric_tests::simulated_disk::{Calls, Done, Failure, Lasting, SimulatedDisk};
use rustix::io::Errno;

const BOUND: usize = 200_000;

struct Bounded {
    store: Arc<DiskStore<SimulatedDisk>>,
    handle: Handle<SimulatedDisk>,
    name: fn(usize) -> String,
}

impl Bounded {
    fn open(disk: &SimulatedDisk, max_memory: usize) -> Self {
        let mut settings = Settings::new(Layout::ONE_THREAD, 100_000, 100_000);
        (settings.max_memory, settings.log_bytes) = (max_memory, 256 << 10);
        (settings.merge_width, settings.clock) = (4, || 1_700_000_000);
        Self::with(disk, settings)
    }

    fn with(disk: &SimulatedDisk, settings: Settings) -> Self {
        let store = open(disk, &settings);
        Self { handle: store.handle(), store, name: |key| format!("key{key}") }
    }

    /// Puts a sample as soon as the store wants to decide.
    fn put(&mut self, key: usize, timestamp: i64) -> Result<(), Refused> {
        let key = (self.name)(key);
        for _ in 0..10 {
            match put(&mut self.handle, (&key, timestamp, (timestamp as f64).sin())) {
                Err(Refused::NotYet) => settle(&self.store, &mut self.handle),
                decided => return decided,
            }
        }
        panic!("the put waits for ever");
    }

    fn put_all(&mut self, keys: usize, timestamps: impl Iterator<Item = i64>) {
        for timestamp in timestamps {
            (0..keys).for_each(|key| assert_eq!(self.put(key, timestamp), Ok(()), "{timestamp}"));
        }
        settle(&self.store, &mut self.handle);
    }
}

#[test]
fn a_flood_of_keys_leaves_series_the_memory_that_they_will_need() {
    let mut bounded = Bounded::open(&SimulatedDisk::new(0), BOUND);
    let keys = (0..).find(|&key| bounded.put(key, 0).is_err()).expect("they are refused");
    assert_eq!(bounded.put(keys, 0), Err(Refused::TableFull));
    assert!(keys > 100, "{keys}");
    for timestamp in 1..100 {
        bounded.put_all(keys, timestamp..=timestamp);
        let memory = bounded.store.memory();
        assert!(memory <= BOUND + BOUND / 8, "{memory} at {timestamp}");
    }
    assert_eq!(bounded.put(keys, 0), Err(Refused::TableFull), "there is no more room");
    assert_eq!(bounded.store.counters().samples, keys * 100, "none is lost");
}

/// The indexes of eight segments take more than a megabyte, since no two keys have a beginning in common.
#[test]
fn places_of_samples_on_disk_are_joined_however_many_series_there_are() {
    const BOUND: usize = 4 << 20;
    const GOLDEN: u128 = 0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835;
    let mut settings = Settings::new(Layout::ONE_THREAD, 100_000, 100_000);
    (settings.max_memory, settings.clock) = (BOUND, || 1_700_000_000);
    let mut bounded = Bounded::with(&SimulatedDisk::new(0), settings);
    bounded.name = |key| format!("{:032x}", (key as u128).wrapping_mul(GOLDEN));
    let keys = (0..).find(|&key| bounded.put(key, 0).is_err()).expect("they are refused");
    for timestamp in 1..120 {
        bounded.put_all(keys, timestamp..=timestamp);
        let memory = bounded.store.memory();
        assert!(memory <= BOUND, "{memory} at {timestamp}");
    }
    assert_eq!(bounded.store.counters().samples, keys * 120, "none is lost");
}

#[test]
fn series_that_take_more_than_they_may_go_on() {
    let disk = SimulatedDisk::new(0);
    let mut bounded = Bounded::open(&disk, usize::MAX);
    bounded.put_all(1_000, 0..20);
    bounded.store.close().expect("the disk does not fail");
    drop(bounded);
    let mut bounded = Bounded::open(&disk, BOUND);
    let least = bounded.store.memory();
    assert!(least > 2 * BOUND, "{least}");
    for timestamp in 20..100 {
        bounded.put_all(1_000, timestamp..=timestamp);
        // Each series takes some runs and short heads more, whatever it gets.
        let memory = bounded.store.memory();
        assert!(memory < 3 * least, "{least}, then {memory} at {timestamp}");
    }
    assert_eq!(bounded.put(1_000, 0), Err(Refused::TableFull));
    assert_eq!(bounded.store.disk_counters().unavailable, 0);
    assert_eq!(bounded.store.counters().samples, 100_000, "none is lost");
}

#[test]
fn logs_are_replayed_whatever_the_bound() {
    let disk = SimulatedDisk::new(0);
    let mut bounded = Bounded::open(&disk, usize::MAX);
    bounded.put_all(2_000, 0..2);
    let mut bounded = Bounded::open(&disk.kill(), BOUND);
    assert_eq!(bounded.store.counters().samples, 4_000);
    bounded.put_all(2_000, 2..3);
}

#[test]
fn what_cannot_be_moved_because_the_disk_fails_is_bounded_until_it_is_well() {
    let disk = SimulatedDisk::new(0);
    let mut bounded = Bounded::open(&disk, BOUND);
    bounded.put_all(10, 0..1);
    let (calls, lasting) = (Calls::Operations, Lasting::UntilHealed);
    disk.fail(Failure { after: 40, calls, error: Errno::IO, done: Done::Nothing, lasting });
    let mut stored = 0;
    let refused = loop {
        let key = format!("key{}", stored % 10);
        match put(&mut bounded.handle, (&key, stored, (stored as f64).sin())) {
            Ok(()) => stored += 1,
            Err(Refused::NotYet) => _ = bounded.store.keep(),
            Err(refused) => break refused,
        }
        assert!(stored < 1_000_000 && bounded.store.memory() <= BOUND);
    };
    assert_eq!(refused, Refused::Unavailable);
    disk.heal();
    (0..3).for_each(|_| _ = bounded.store.keep());
    bounded.handle = bounded.store.handle();
    bounded.put_all(10, 1_000_000..1_000_010);
}
