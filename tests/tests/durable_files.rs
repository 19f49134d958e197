//! Directories that a durable store leaves in rare cases are opened without a finding.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use metric_disk::{DiskStore, OpenError, Settings, Sync};
use metric_proto::Refused;
use metric_tests::crash_model::{Found, Judging, Life, judge, put};
use metric_tests::simulated_disk::{Crash, SimulatedDisk};

type Files = BTreeMap<String, Vec<u8>>;

fn disk(files: &Files) -> SimulatedDisk {
    let disk = SimulatedDisk::new(0);
    files.iter().for_each(|(name, bytes)| disk.add(name, bytes));
    disk
}

/// Returns the files after the segments were merged in threes or fours.
fn merged(files: &Files, settings: &Settings, width: usize) -> Files {
    let disk = disk(files);
    let mut settings = settings.clone();
    settings.merge_width = width;
    let (store, _) = DiskStore::open(disk.clone(), settings).expect("it opens");
    store.keep().expect("the disk does not fail");
    disk.contents()
}

/// Returns the numbers in the name of a segment.
fn numbers(name: &str) -> Option<(u32, u32)> {
    let (first, last) = name.strip_suffix(".seg")?.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[test]
fn segments_that_overlap_are_read_both() {
    let mut overlapping = 0;
    for seed in 0..150 {
        let mut life = Life::new(seed, Sync::Write, Judging::Nothing);
        life.without_merges();
        (0..120).for_each(|_| life.work());
        life.close();
        let (files, settings) = (life.disk().contents(), life.witness().settings().clone());
        let expected = judge(&disk(&files), &settings);
        let (fours, threes) = (merged(&files, &settings, 4), merged(&files, &settings, 3));
        let new = |files: &Files, other: &Files| -> Vec<_> {
            let names = files.iter().filter(|(name, _)| !other.contains_key(*name));
            names
                .filter_map(|(name, bytes)| Some((numbers(name)?, name.clone(), bytes.clone())))
                .collect()
        };
        for (one, name, bytes) in new(&fours, &files) {
            for (other, other_name, other_bytes) in new(&threes, &files) {
                let (low, high) = (one.min(other), one.max(other));
                if !(low.0 < high.0 && high.0 <= low.1 && low.1 < high.1) {
                    continue;
                }
                // What the second merge replaced is gone, what the first did is still there.
                let mut both = files.clone();
                let gone = if other > one { other } else { one };
                both.retain(|name, _| {
                    numbers(name).is_none_or(|(first, last)| first < gone.0 || gone.1 < last)
                });
                both.insert(name.clone(), bytes.clone());
                both.insert(other_name, other_bytes);
                let Found { rows, findings, .. } = judge(&disk(&both), &settings);
                assert!(findings.is_empty(), "seed {seed}: {findings:?}");
                assert_eq!(rows, expected.rows, "seed {seed}, {one:?} and {other:?}");
                overlapping += 1;
            }
        }
    }
    assert!(overlapping > 0, "none overlap");
}

#[test]
fn what_retention_removed_is_not_missing() {
    let disk = SimulatedDisk::new(0);
    let mut settings = metric_tests::patient::tiny(10, 100_000);
    settings.keep_bytes = Some(24 << 10);
    let (store, _) = DiskStore::open(disk.clone(), settings.clone()).expect("it opens");
    let mut handle = store.handle();
    for timestamp in 0..10_000 {
        while put(&mut handle, ("key", timestamp, timestamp as f64 / 3.0)) == Err(Refused::NotYet) {
            store.keep().expect("the disk does not fail");
        }
        if timestamp % 200 == 0 {
            store.keep().expect("the disk does not fail");
        }
    }
    assert!(store.disk_counters().expired > 0);
    let Found { findings, .. } = judge(&disk.kill(), &settings);
    assert!(findings.is_empty(), "{findings:?}");
}

/// At every moment, also when no segment says yet that the first one has gone, and without bounds, too.
#[test]
fn a_check_and_a_start_know_what_a_bound_has_removed() {
    let disk = SimulatedDisk::new(0);
    let mut settings = metric_tests::patient::tiny(10, 100_000);
    settings.keep_bytes = Some(24 << 10);
    settings.unit = Some("s");
    let (store, _) = DiskStore::open(disk.clone(), settings.clone()).expect("it opens");
    let copies = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&copies);
    disk.watch(move |copy| noted.lock().expect("no panic").push(copy));
    let (mut handle, mut checked) = (store.handle(), 0);
    for timestamp in 0..4_000 {
        while put(&mut handle, ("key", timestamp, timestamp as f64 / 3.0)) == Err(Refused::NotYet) {
            store.keep().expect("the disk does not fail");
        }
        let has_expired = store.disk_counters().expired > 0;
        let copies = std::mem::take(&mut *copies.lock().expect("no panic"));
        for copy in copies.into_iter().filter(|_| has_expired) {
            let report = metric_disk::check_files(&copy).expect("it can be read");
            assert!(report.is_good() && report.notes.is_empty(), "{report}");
            let Found { findings, .. } = judge(&copy, &metric_tests::patient::tiny(10, 100_000));
            assert!(findings.is_empty(), "{findings:?}");
            checked += 1;
        }
        if checked > 100 {
            return;
        }
    }
    panic!("a bound removes more");
}

#[test]
fn a_segment_has_nothing_that_its_logs_do_not_have() {
    let disk = SimulatedDisk::new(0);
    let mut settings = metric_tests::patient::tiny(10_000, 1_000);
    settings.log_bytes = 1 << 22;
    settings.sync = Sync::Interval;
    let (store, _) = DiskStore::open(disk.clone(), settings.clone()).expect("it opens");
    let mut handle = store.handle();
    for number in 0..2_000 {
        assert_eq!(put(&mut handle, (&format!("key{number}"), 0, 0.0)), Ok(()));
    }
    let copies = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&copies);
    disk.watch(move |copy| noted.lock().expect("no panic").push(copy));
    let is_flushed = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            // One is first in the order of keys, the other last.
            for timestamp in (1..).take_while(|_| !is_flushed.load(Relaxed)) {
                let _ = put(&mut handle, ("a", timestamp, 0.0));
                let _ = put(&mut handle, ("z", timestamp, 0.0));
            }
        });
        assert!(store.flush(false).expect("the disk does not fail"));
        is_flushed.store(true, Relaxed);
    });
    disk.watch(|_| ());
    let copies = std::mem::take(&mut *copies.lock().expect("no panic"));
    for copy in copies.iter().flat_map(|copy| [copy.kill(), copy.crash(Crash::Lost, 0)]) {
        let rows = judge(&copy, &settings).rows;
        let newest =
            |key: &str| rows.keys().filter(|(other, _)| other == key).map(|(_, t)| *t).max();
        assert!(newest("a") >= newest("z"), "{:?}, {:?}", newest("a"), newest("z"));
    }
}

#[test]
fn a_directory_has_one_store() {
    let (disk, settings) = (SimulatedDisk::new(0), metric_tests::patient::tiny(10, 100));
    let store = DiskStore::open(disk.clone(), settings.clone()).expect("it opens");
    let second = DiskStore::open(disk.clone(), settings.clone());
    assert!(matches!(second, Err(OpenError::Locked)), "{second:?}");
    drop(store);
    assert!(DiskStore::open(disk, settings).is_ok());
}

#[test]
fn a_closed_store_takes_nothing_more() {
    let disk = SimulatedDisk::new(0);
    let settings = metric_tests::patient::tiny(10, 100);
    let (store, _) = DiskStore::open(disk, settings).expect("it opens");
    let mut handle = store.handle();
    assert_eq!(put(&mut handle, ("key", 1, 1.0)), Ok(()));
    store.close().expect("the disk does not fail");
    assert_eq!(put(&mut handle, ("key", 2, 1.0)), Err(Refused::Unavailable));
}

#[test]
fn files_of_others_do_not_count_and_the_newest_segment_stays() {
    let (disk, mut settings) = (SimulatedDisk::new(0), metric_tests::patient::tiny(10, 100));
    settings.keep_bytes = Some(64 * 1024);
    let (store, _) = DiskStore::open(disk.clone(), settings).expect("it opens");
    let mut handle = store.handle();
    for key in ["a", "b"] {
        assert_eq!(put(&mut handle, (key, 1, 1.0)), Ok(()));
        assert!(store.flush(false).expect("the disk does not fail"));
    }
    disk.add("old.tar", &[0; 1 << 20]);
    store.keep().expect("the disk does not fail");
    assert_eq!(store.counters().series, 2);
    // What was set aside counts, but the newest samples do not go for it.
    disk.add("00000009.log.bad", &[0; 1 << 20]);
    store.keep().expect("the disk does not fail");
    assert_eq!(store.counters().series, 1);
}
