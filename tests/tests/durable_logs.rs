//! What a log has behind damage, and behind what was not written, is read.

use std::ops::ControlFlow;
use std::sync::Arc;

use metric_disk::{DiskStore, Handle, check_files};
use metric_proto::{Key, Position, Query, Sample, Scan, Series, Store};
use metric_tests::patient::{open, settle, tiny};
use metric_tests::simulated_disk::{Cached, Calls, Done, Failure, Lasting, SimulatedDisk};
use rustix::io::Errno;

const LOG: &str = "00000001.log";

/// A store that has put `k0`, `k1` and `k2` in turn, and three others after 40 puts, each put in a frame of its own.
struct Logged {
    disk: SimulatedDisk,
    store: Arc<DiskStore<SimulatedDisk>>,
    handle: Handle<SimulatedDisk>,
}

impl Logged {
    fn new(puts: i64) -> Self {
        let disk = SimulatedDisk::new(1);
        disk.set_cached(Cached::Always);
        let store = open(&disk, &tiny(10, 1_000));
        let mut logged = Self { handle: store.handle(), disk, store };
        for time in 0..puts {
            let sample = Sample::new(time as f64 / 4.0, time).expect("finite");
            let key = format!("k{}", time % 3 + time / 40 * 3);
            let put = logged.handle.put(Key::new(&key).expect("a key"), sample);
            put.expect("there is room");
            settle(&logged.store, &mut logged.handle);
        }
        logged
    }

    fn remove(&mut self, key: &str) {
        let removed = self.handle.remove(Key::new(key).expect("a key"));
        assert_eq!(removed, Ok(true));
        settle(&self.store, &mut self.handle);
    }
}

/// Returns a copy of a disk whose log is edited.
fn edited(disk: &SimulatedDisk, edit: impl FnOnce(&mut Vec<u8>)) -> SimulatedDisk {
    let copy = disk.kill();
    copy.edit(LOG, edit);
    copy
}

/// Returns where the frames of a log begin, and where the last one ends.
fn frames(disk: &SimulatedDisk) -> Vec<usize> {
    let (log, mut places) = (disk.contents()[LOG].clone(), vec![32]);
    loop {
        let last = *places.last().expect("there is one");
        let length = log.get(last..).and_then(|rest| rest.first_chunk());
        match length.map(|length| u32::from_le_bytes(*length) as usize) {
            None | Some(0) => return places,
            Some(length) => places.push(last + 8 + length),
        }
    }
}

/// Returns all samples of a store on a copy of a disk.
fn contents(disk: &SimulatedDisk) -> Vec<String> {
    let (store, _) = DiskStore::open(disk.kill(), tiny(10, 1_000)).expect("it opens");
    let (mut handle, mut from, mut found) = (store.handle(), Position::START, Vec::new());
    loop {
        let end = handle.scan(&Query::all(Series::All), from, |key, sample| {
            found.push(format!("{} {} {}", key.as_str(), sample.value(), sample.timestamp()));
            ControlFlow::Continue(())
        });
        match end {
            Scan::NotYet(position) => from = position,
            _ => return found,
        }
        settle(&store, &mut handle);
    }
}

/// Opens a store, flushes, and returns the names of the files.
fn flushed(disk: &SimulatedDisk) -> Vec<String> {
    let (store, _) = DiskStore::open(disk.clone(), tiny(10, 1_000)).expect("it opens");
    store.flush(false).expect("the disk does not fail");
    disk.contents().into_keys().collect()
}

fn is_set_aside(names: &[String]) -> bool {
    names.iter().any(|name| *name == format!("{LOG}.bad"))
}

#[test]
fn a_damaged_or_missing_frame_takes_no_other() {
    let disk = Logged::new(12).disk;
    let (whole, frames) = (contents(&disk), frames(&disk));
    assert_eq!(frames.len(), 13);
    for (number, frame) in frames.windows(2).enumerate().skip(3) {
        let flipped = edited(&disk, |log| log[frame[0] + 9] ^= 1);
        let zeroed = edited(&disk, |log| log[frame[0]..frame[1]].fill(0));
        for damaged in [flipped, zeroed].iter().take(if number == 11 { 1 } else { 2 }) {
            let left = contents(damaged);
            assert!(left.iter().all(|sample| whole.contains(sample)), "frame {number}");
            assert_eq!(whole.len() - left.len(), 1, "frame {number}: {left:?}");
        }
    }
}

#[test]
fn what_damage_takes_before_a_removal_does_not_bring_the_series_back() {
    let mut logged = Logged::new(6);
    logged.store.flush(false).expect("the disk does not fail");
    let disk = logged.disk.clone();
    let sample = Sample::new(7.0, 7).expect("finite");
    logged.handle.put(Key::new("k1").expect("a key"), sample).expect("there is room");
    settle(&logged.store, &mut logged.handle);
    logged.remove("k1");
    let log = disk.contents().into_keys().rfind(|name| {
        name.ends_with(".log") && disk.contents()[name][40..].iter().any(|&byte| byte != 0)
    });
    let damaged = disk.kill();
    damaged.edit(&log.expect("a log"), |log| log[32 + 9] ^= 1);
    assert!(contents(&damaged).iter().all(|sample| !sample.starts_with("k1")));
}

#[test]
fn a_part_that_was_not_written_is_no_damage() {
    let disk = Logged::new(120).disk;
    let lost = edited(&disk, |log| log[512..1_024].fill(0));
    let report = check_files(&lost).expect("it can be read");
    assert!(report.is_good(), "{report}");
    let told = report.notes.iter().any(|note| note.to_string().contains("was not completed"));
    assert!(told, "{report}");
    let (whole, left) = (contents(&disk), contents(&lost));
    // The keys of three series were in it.
    assert!(
        report.faults.is_empty()
            && left.len() > 60
            && left.iter().all(|sample| whole.contains(sample)),
        "{left:?}"
    );
    assert!(!is_set_aside(&flushed(&lost)));
}

#[test]
fn last_writes_that_were_not_complete_are_no_damage() {
    let disk = Logged::new(120).disk;
    let end = *frames(&disk).last().expect("there is one");
    // Of the last frames there is only a part that has none of their beginnings.
    let lost = edited(&disk, |log| log[(end - 1_100) / 512 * 512..end - 3].fill(0));
    let report = check_files(&lost).expect("it can be read");
    assert!(report.is_good() && !is_set_aside(&flushed(&lost)), "{report}");
}

/// The process may end before a damaged log is set aside.
#[test]
fn a_damaged_log_that_a_segment_has_is_set_aside() {
    let disk = edited(&Logged::new(12).disk, |log| log[100] ^= 1);
    let damaged = disk.contents()[LOG].clone();
    let after = disk.kill();
    assert!(is_set_aside(&flushed(&after)));
    after.delete(&format!("{LOG}.bad"));
    after.add(LOG, &damaged);
    assert!(is_set_aside(&flushed(&after)));
    assert_eq!(after.contents()[&format!("{LOG}.bad")], damaged);
}

#[test]
fn a_log_that_cannot_be_read_is_named() {
    let disk = Logged::new(12).disk;
    let told = |after| {
        let failing = disk.kill();
        let lasting = Lasting::UntilHealed;
        let failure =
            Failure { after, calls: Calls::All, error: Errno::IO, done: Done::Nothing, lasting };
        failing.fail(failure);
        DiskStore::open(failing, tiny(10, 1_000)).err().map(|error| error.to_string())
    };
    let all: Vec<_> = (0..60).filter_map(told).collect();
    assert!(all.iter().any(|told| told.starts_with("00000001.log: ")), "{all:?}");
}
