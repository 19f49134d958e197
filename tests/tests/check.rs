//! A check of a data directory finds whatever is damaged or missing, and changes nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use metric_disk::{DiskStore, Handle, OpenError, Report, check_files};
use metric_proto::{Key, Sample, Store};
use metric_tests::patient::{open, settle, tiny};
use metric_tests::simulated_disk::{Cached, Calls, Done, Failure, Lasting, SimulatedDisk};
use rustix::io::Errno;

/// A store of three series, and what it was told.
struct Filled {
    disk: SimulatedDisk,
    store: Arc<DiskStore<SimulatedDisk>>,
    handle: Handle<SimulatedDisk>,
    time: i64,
}

impl Filled {
    fn new() -> Self {
        let disk = SimulatedDisk::new(1);
        disk.set_cached(Cached::Always);
        let store = open(&disk, &tiny(10, 1_000));
        Self { handle: store.handle(), disk, store, time: 0 }
    }

    fn put(&mut self, count: i64) {
        for time in self.time..self.time + count {
            let key = ["palm.cpu", "palm.disk", "palm.mem"][time as usize % 3];
            let sample = Sample::new(time as f64 / 4.0, time).expect("finite");
            self.handle.put(Key::new(key).expect("a key"), sample).expect("there is room");
            settle(&self.store, &mut self.handle);
        }
        self.time += count;
    }

    /// Puts, and makes that a segment.
    fn flush(&mut self, count: i64) {
        self.put(count);
        assert!(self.store.flush(false).expect("the disk does not fail"));
    }
}

/// Returns a disk with two segments, a log with puts and an empty log, as after a kill.
fn disk() -> SimulatedDisk {
    let mut filled = Filled::new();
    filled.flush(20);
    filled.flush(20);
    filled.put(12);
    filled.store.keep().expect("the disk does not fail");
    filled.disk.kill()
}

/// Checks a disk, and that this changes nothing. The stores here are opened without a unit; a note of that is left
/// out.
fn report(disk: &SimulatedDisk) -> Report {
    let (files, operations) = (disk.contents(), disk.operations());
    let mut report = check_files(disk).expect("it can be read");
    assert_eq!(disk.operations(), operations);
    assert!(disk.contents() == files);
    report.notes.retain(|note| note.to_string() != NO_UNIT);
    report
}

const NO_UNIT: &str = "unit: missing; the unit of the samples' timestamps is not known";

fn is_used(bytes: &[u8], place: usize) -> bool {
    bytes[place..].iter().any(|&byte| byte != 0)
}

fn files(disk: &SimulatedDisk) -> BTreeMap<String, Vec<u8>> {
    let mut files = disk.contents();
    files.remove("lock").expect("a store has run");
    files
}

#[test]
fn nothing_is_wrong_with_what_a_store_leaves() {
    let mut filled = Filled::new();
    for step in 0..40 {
        match step % 4 {
            0 => filled.put(30),
            1 => filled.flush(5),
            2 => filled.store.keep().expect("the disk does not fail"),
            _ => {}
        }
        for disk in [&filled.disk, &filled.disk.kill()] {
            let report = report(disk);
            assert!(report.faults.is_empty() && report.notes.is_empty(), "{report}");
            assert_eq!(report.series, 3.min(filled.time as u64));
        }
    }
    filled.store.close().expect("the disk does not fail");
    let report = report(&filled.disk);
    assert!(report.is_good() && report.notes.is_empty() && report.logs == 1, "{report}");
    assert!(report.samples >= filled.time as u64, "{report}");
}

/// Else the next start would take milliseconds to be seconds, and nobody would be told.
#[test]
fn a_unit_that_is_missing_is_told() {
    let disk = disk();
    let notes = |disk| check_files(disk).expect("it can be read").notes;
    assert_eq!(notes(&disk).iter().map(ToString::to_string).collect::<Vec<_>>(), [NO_UNIT]);
    disk.add("unit", b"ms\n");
    assert_eq!(notes(&disk), []);
}

#[test]
fn what_is_there_is_counted() {
    let report = report(&disk());
    assert_eq!((report.segments, report.logs, report.series), (2, 2, 3), "{report}");
    assert_eq!(report.records, 12 + 3, "puts, and keys");
    assert!(report.to_string().ends_with(": all is well"), "{report}");
}

/// What nothing at all was written to may change without a fault: the zeros behind the frames.
#[test]
fn a_flipped_bit_is_found() {
    let disk = disk();
    for (name, bytes) in files(&disk) {
        for place in 0..bytes.len() {
            if place % 64 != 0 && !is_used(&bytes, place) {
                continue;
            }
            for bit in 0..8 {
                let damaged = disk.kill();
                damaged.edit(&name, |bytes| bytes[place] ^= 1 << bit);
                let report = report(&damaged);
                let is_told =
                    report.faults.iter().any(|fault| fault.to_string().starts_with(&name));
                let is_unused = name.ends_with(".log") && !is_used(&bytes, place);
                assert!(is_told || is_unused, "{name}, byte {place}, bit {bit}: {report}");
            }
        }
    }
}

#[test]
fn a_cut_file_is_found() {
    let disk = disk();
    for (name, bytes) in files(&disk) {
        for length in 0..bytes.len() {
            if length % 16 != 0 && !is_used(&bytes, length) {
                continue;
            }
            let damaged = disk.kill();
            damaged.edit(&name, |bytes| bytes.truncate(length));
            assert!(!report(&damaged).is_good(), "{name} of {length} bytes");
        }
    }
}

#[test]
fn a_file_of_zeros_is_found() {
    let disk = disk();
    for (name, _) in files(&disk) {
        let damaged = disk.kill();
        damaged.edit(&name, |bytes| bytes.fill(0));
        assert!(!report(&damaged).is_good(), "{name}");
    }
}

/// Nothing is lost with the last log, which is empty.
#[test]
fn a_deleted_file_is_found() {
    let disk = disk();
    let names: Vec<_> = files(&disk).into_keys().collect();
    let (last, others) = names.split_last().expect("files");
    for name in others {
        let damaged = disk.kill();
        damaged.delete(name);
        assert!(!report(&damaged).is_good(), "{name}");
    }
    let damaged = disk.kill();
    damaged.delete(last);
    assert!(report(&damaged).is_good(), "{last}");
}

/// Nothing tells of what is gone with all that would.
#[test]
fn a_check_and_a_start_agree_whatever_is_deleted() {
    let disk = disk();
    disk.add("unit", b"s\n");
    let names: Vec<_> = disk.contents().into_keys().collect();
    assert_eq!(names.len(), 6, "{names:?}");
    for subset in 0..1 << names.len() {
        let damaged = disk.kill();
        let is_deleted = |place: &usize| subset >> place & 1 == 1;
        let gone: Vec<_> =
            (0..names.len()).filter(is_deleted).map(|place| &*names[place]).collect();
        gone.iter().for_each(|name| damaged.delete(name));
        let report = report(&damaged);
        let told: Vec<_> = report.faults.iter().map(ToString::to_string).collect();
        assert_eq!(told, found_at_start(&damaged), "without {gone:?}");
        let is_lost = |name: &&str| !["00000004.log", "lock", "unit"].contains(name);
        let is_left = damaged.contents().keys().any(|name| name != "lock");
        assert_eq!(gone.iter().any(is_lost) && is_left, !report.is_good(), "without {gone:?}");
    }
}

/// However many files behind the last segment that is left are gone.
#[test]
fn the_loss_of_the_newest_files_is_found() {
    let mut filled = Filled::new();
    (0..3).for_each(|_| filled.flush(20));
    let killed = filled.disk.kill();
    filled.store.close().expect("the disk does not fail");
    for disk in [killed, filled.disk] {
        assert!(report(&disk).is_good() && found_at_start(&disk).is_empty());
        let mut names: Vec<_> = files(&disk).into_keys().collect();
        assert!(names.len() > 3, "{names:?}");
        names.sort_by_key(|name| std::cmp::Reverse(name[..8].to_owned()));
        let (_oldest, newest) = names.split_last().expect("files");
        let damaged = disk.kill();
        for name in newest {
            damaged.delete(name);
            let is_there = |name: &String| damaged.contents().contains_key(name);
            let ends_with_log = names.iter().any(|name| name.ends_with(".log") && is_there(name));
            assert_ne!(report(&damaged).is_good(), !ends_with_log, "{name}");
            assert_ne!(found_at_start(&damaged).is_empty(), !ends_with_log, "{name}");
        }
    }
}

#[test]
fn what_is_lost_is_told() {
    let (lost, kept) = ("00000001-00000001.seg", "00000002-00000002.seg");
    let disk = disk();
    let bytes = disk.contents()[lost].len();
    disk.delete(lost);
    disk.edit(kept, |bytes| bytes[60] ^= 1);
    let report = report(&disk);
    let faults: Vec<_> = report.faults.iter().map(ToString::to_string).collect();
    let [block, missing] = &faults[..] else { panic!("{faults:?}") };
    assert_eq!(*missing, format!("{lost}: missing; up to 20 samples in {bytes} bytes were in it"),);
    assert!(block.starts_with(&format!("{kept}: damaged: ")), "{block}");
    assert!(block.contains(" bytes from byte 32 on: palm.cpu, "), "{block}");
    assert!(block.contains(" samples from "), "{block}");
    assert!(report.to_string().ends_with(": 2 faults"), "{report}");
}

/// The next segment says what was ever written to the one before. Nothing does so of the last one.
#[test]
fn what_a_cut_or_zeroed_segment_has_lost_is_told() {
    let (first, last) = ("00000001-00000001.seg", "00000002-00000002.seg");
    let disk = disk();
    let whole = report(&disk).samples;
    let lost_at_start = |told: String| told.replace("; it is set aside as ", "|");
    for (name, is_known) in [(first, true), (last, false)] {
        let length = disk.contents()[name].len();
        let without = disk.kill();
        without.move_file(name, "notes");
        let written = whole - report(&without).samples;
        for kept in [0, 40, length / 2] {
            for is_cut in [true, false] {
                let damaged = disk.kill();
                damaged.edit(name, |bytes| {
                    bytes[kept..].fill(0);
                    bytes.truncate(if is_cut { kept } else { length });
                });
                let report = report(&damaged);
                let left = report.samples + written - whole;
                let [told] = &report.faults[..] else { panic!("{report}") };
                let told = told.to_string();
                let up_to = format!("; up to {} samples in ", written - left);
                assert_eq!(told.contains(&up_to), is_known, "{kept}: {told}");
                assert_eq!(told.contains("; at least "), !is_known, "{kept}: {told}");
                if is_known && left == 0 && kept < 40 {
                    assert!(told.ends_with(&format!(" in {length} bytes are lost")), "{told}");
                }
                let found: Vec<_> =
                    found_at_start(&damaged).into_iter().map(lost_at_start).collect();
                assert!(found.len() == 1 && found[0].starts_with(&told), "{found:?}: {told}");
            }
        }
    }
}

#[test]
fn a_renamed_file_is_found() {
    let disk = disk();
    let names: Vec<_> = files(&disk).into_keys().collect();
    let others = ["notes", "00000001.log", "00000009.log", "00000001-00000009.seg"];
    let targets = names.iter().map(String::as_str).chain(others);
    for target in targets {
        for name in names.iter().filter(|name| *name != target) {
            let damaged = disk.kill();
            damaged.move_file(name, target);
            let report = report(&damaged);
            let is_empty = Some(name) == names.last();
            let is_replaced = names.iter().any(|name| name == target);
            assert!(!report.is_good() || is_empty && !is_replaced, "{name} as {target}: {report}");
        }
    }
}

/// Where a read fails once, another pass may find all well.
#[test]
fn what_cannot_be_read_is_told() {
    let disk = disk();
    disk.add("unit", b"s\n");
    let good = report(&disk);
    let check_failing = |after, lasting| {
        let failing = disk.kill();
        let (calls, error, done) = (Calls::All, Errno::IO, Done::Nothing);
        failing.fail(Failure { after, calls, error, done, lasting });
        check_files(&failing)
    };
    // The first call lists the files.
    assert!(matches!(check_failing(0, Lasting::Once), Err(OpenError::Io(_))));
    for after in 1..200 {
        let once = check_failing(after, Lasting::Once).expect("the rest can be read");
        assert!(!once.is_good() || once == good, "{after}: {once}");
        match check_failing(after, Lasting::UntilHealed) {
            Ok(report) if report == good => return assert!(after > 10),
            Ok(report) => assert!(!report.is_good(), "{after}"),
            Err(_) => {}
        }
    }
    panic!("a check takes more reads than that");
}

/// A log has its head as soon as it has its name, so this is not the trace of a crash.
#[test]
fn a_log_that_has_lost_its_head_is_told_when_it_is_opened_too() {
    let disk = disk();
    disk.edit("00000003.log", |bytes| bytes[..32].fill(0));
    assert_eq!(report(&disk).faults.len(), 1);
    let [told] = &found_at_start(&disk)[..] else { panic!("one finding") };
    assert!(told.starts_with("00000003.log: the log has no head; all of its "), "{told}");
    assert!(told.ends_with(" bytes are lost; it is set aside as 00000003.log.bad"), "{told}");
}

fn found_at_start(disk: &SimulatedDisk) -> Vec<String> {
    let (_store, findings) = DiskStore::open(disk.kill(), tiny(10, 1_000)).expect("it opens");
    findings.iter().map(ToString::to_string).collect()
}

/// Each of the 12 puts is a write of its own, three of them with a key.
#[test]
fn a_damaged_log_is_told_with_what_is_lost_when_it_is_opened_too() {
    let disk = disk();
    let log = disk.contents()["00000003.log"].clone();
    let end = log.iter().rposition(|&byte| byte != 0).expect("a head") + 1;
    let orphans = "3 puts are lost, since the keys of their series are";
    for (place, told) in [
        (32 + 12, &["damaged at byte 32: ", orphans][..]),
        (end - 1, &["bytes from there on are lost, with an unknown number of puts"]),
    ] {
        let damaged = disk.kill();
        damaged.edit("00000003.log", |bytes| bytes[place] ^= 1);
        let report = report(&damaged);
        let faults: Vec<_> = report.faults.iter().map(ToString::to_string).collect();
        assert_eq!((found_at_start(&damaged), faults.len()), (faults.clone(), told.len()));
        assert!(faults.iter().zip(told).all(|(fault, told)| fault.contains(told)), "{faults:?}");
        // Nothing that may hold samples is deleted.
        let (store, _) = DiskStore::open(damaged.clone(), tiny(10, 1_000)).expect("it opens");
        store.keep().expect("the disk does not fail");
        assert!(damaged.contents().contains_key("00000003.log.bad"));
    }
}

#[test]
fn a_file_of_a_later_version_is_an_error_of_its_own() {
    let disk = disk();
    for (name, _) in files(&disk) {
        let later = disk.kill();
        later.edit(&name, |bytes| {
            bytes[8] = 2;
            let crc = crc32(&bytes[..28]);
            bytes[28..32].copy_from_slice(&crc.to_le_bytes());
        });
        let found = check_files(&later);
        let is_told = matches!(&found, Err(OpenError::UnknownVersion { name: told, version: 2 })
            if *told == name);
        assert!(is_told, "{name}: {found:?}");
    }
}

fn crc32(bytes: &[u8]) -> u32 {
    let bit = |crc: u32, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1));
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), bit))
}

#[test]
fn other_files_are_named_and_no_fault() {
    let disk = disk();
    let superseded = disk.contents()["00000001-00000001.seg"].clone();
    for name in ["notes", "00000001.log.bad", "00000007-00000007.seg.tmp", "00000008.log.tmp"] {
        disk.add(name, &superseded);
    }
    let report = report(&disk);
    let notes: Vec<_> = report.notes.iter().map(ToString::to_string).collect();
    assert!(report.is_good(), "{report}");
    assert_eq!(notes.len(), 2, "{notes:?}");
    assert!(notes[0].starts_with("00000001.log.bad: ") && notes[1].starts_with("notes: "));
}

/// It has the name of one that is not needed, and no number is missing.
#[test]
fn a_log_that_was_renamed_to_one_that_a_segment_replaces_is_found() {
    let disk = disk();
    disk.delete("00000004.log");
    disk.move_file("00000003.log", "00000001.log");
    let report = report(&disk);
    let faults: Vec<_> = report.faults.iter().map(ToString::to_string).collect();
    let [end, renamed] = &faults[..] else { panic!("{report}") };
    assert!(end.starts_with("log 3: missing, and with it perhaps newer files; "), "{end}");
    assert_eq!(renamed, "00000001.log: it was renamed, it is 00000003.log");
}

#[test]
fn files_that_a_segment_replaces_are_no_fault() {
    let mut filled = Filled::new();
    filled.flush(20);
    let before = filled.disk.contents();
    filled.flush(20);
    filled.flush(20);
    filled.store.keep().expect("the disk does not fail");
    let disk = filled.disk.kill();
    assert!(disk.contents().contains_key("00000001-00000003.seg"), "{disk:?}");
    disk.add("00000001-00000001.seg", &before["00000001-00000001.seg"]);
    disk.add("00000002.log", &before["00000002.log"]);
    let good = report(&disk);
    assert!(good.is_good() && good.notes.is_empty(), "{good}");
    disk.add("00000002-00000004.seg", &before["00000001-00000001.seg"]);
    let renamed = report(&disk);
    assert!(renamed.faults[0].to_string().contains("it was renamed"), "{renamed}");
}

/// The last write of a killed process was not acknowledged.
#[test]
fn a_write_that_was_not_completed_is_named_and_no_fault() {
    let mut filled = Filled::new();
    filled.put(3);
    filled.store.keep().expect("the disk does not fail");
    let end = used(&filled.disk);
    for time in 0..200 {
        let sample = Sample::new(f64::from(time).sqrt(), time.into()).expect("finite");
        filled.handle.put(Key::new("palm.cpu").expect("a key"), sample).expect("there is room");
    }
    settle(&filled.store, &mut filled.handle);
    let whole = used(&filled.disk);
    assert!(end < 512 && whole > 1_024);
    for cut in [512, 1_024] {
        let disk = filled.disk.kill();
        disk.edit("00000001.log", |bytes| bytes[cut..].fill(0));
        let report = report(&disk);
        assert!(report.is_good() && report.notes.len() == 1, "{report}");
        assert!(report.notes[0].to_string().contains("was not completed"), "{report}");
    }
}

fn used(disk: &SimulatedDisk) -> usize {
    let log = &disk.contents()["00000001.log"];
    log.iter().rposition(|&byte| byte != 0).expect("a head") + 1
}

/// A crash may leave a merged segment and what it was made of.
#[test]
fn a_broken_segment_whose_sources_are_there_has_lost_nothing() {
    let mut filled = Filled::new();
    (0..3).for_each(|_| filled.flush(20));
    let sources = files(&filled.disk);
    filled.store.merge().expect("the disk does not fail");
    for (name, bytes) in sources.iter().filter(|(name, _)| name.ends_with(".seg")) {
        filled.disk.add(name, bytes);
    }
    filled.disk.edit("00000001-00000003.seg", |bytes| bytes.fill(0));
    let disk = filled.disk.kill();
    let report = report(&disk);
    let (store, findings) = DiskStore::open(disk, tiny(10, 1_000)).expect("it opens");
    for told in [report.faults.first(), findings.iter().next()] {
        let told = told.expect("it is broken").to_string();
        let expected = "00000001-00000003.seg: nothing in it belongs to this segment; the files that \
                        it was made of are still there";
        assert!(told.starts_with(expected) && !told.contains("lost"), "{told}");
    }
    assert_eq!((report.faults.len(), findings.iter().count()), (1, 1));
    assert_eq!(store.counters().samples, 60);
}

#[test]
fn numbers_go_on_behind_those_that_a_bound_has_removed() {
    let disk = SimulatedDisk::new(1);
    disk.set_cached(Cached::Always);
    disk.add("00000010.first", b"");
    let (store, findings) = DiskStore::open(disk.clone(), tiny(10, 1_000)).expect("it opens");
    let told: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert!(told.len() == 1 && told[0].starts_with("log 10: missing"), "{told:?}");
    let mut filled = Filled { handle: store.handle(), disk, store, time: 0 };
    (0..2).for_each(|_| filled.flush(20));
    filled.disk.delete("00000010-00000010.seg");
    let report = report(&filled.disk.kill()).to_string();
    assert!(report.starts_with("00000010-00000010.seg: missing"), "{report}");
}
