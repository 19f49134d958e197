//! Checks the simulation itself, with a run that uses all of it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::sync::{Arc, Mutex};

use metric_disk::File;

use super::image::SECTOR;
use super::*;

const SEEDS: u64 = 1_000;

type Contents = BTreeMap<String, Vec<u8>>;

/// Creates a file with durable bytes and a durable name.
fn durable_file(disk: &SimulatedDisk, name: &str, bytes: &[u8]) -> SimulatedFile {
    let file = disk.create(name).expect("free name");
    file.write_all_at(bytes, 0).expect("space");
    file.sync().expect("no failure");
    disk.sync().expect("no failure");
    file
}

/// Returns all that a kind of crash makes of a disk.
fn outcomes(disk: &SimulatedDisk, crash: Crash) -> BTreeSet<Contents> {
    (0..SEEDS).map(|seed| disk.crash(crash, seed).contents()).collect()
}

/// Returns all that all kinds make of it.
fn all_outcomes(disk: &SimulatedDisk) -> BTreeSet<Contents> {
    Crash::ALL.iter().flat_map(|crash| outcomes(disk, *crash)).collect()
}

fn contents(files: &[(&str, &[u8])]) -> Contents {
    files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect()
}

fn failure(error: Errno, done: Done) -> Failure {
    Failure { after: 0, calls: Calls::Operations, error, done, lasting: Lasting::Once }
}

/// A run with each operation: a published file, one that is overwritten and goes on, one removed.
fn some_run(disk: &SimulatedDisk) {
    let log = durable_file(disk, "log", &[1; 700]);
    durable_file(disk, "old", b"old");
    durable_file(disk, "taken", b"taken");
    log.allocate(3_000).expect("space");
    log.write_all_at(&[2; 1_000], 600).expect("space");
    let new = disk.create("new.tmp").expect("free name");
    new.write_all_at(&[3; 1_500], 0).expect("space");
    disk.rename("new.tmp", "taken").expect("it exists");
    disk.remove("old").expect("it exists");
}

#[test]
fn what_is_synced_survives_every_crash() {
    let disk = SimulatedDisk::new(0);
    some_run(&disk);
    for name in ["log", "taken"] {
        disk.open(name).expect("it exists").sync().expect("no failure");
    }
    disk.sync().expect("no failure");
    assert_eq!(all_outcomes(&disk), BTreeSet::from([disk.contents()]));
}

#[test]
fn what_was_synced_before_survives_beside_what_was_not() {
    let disk = SimulatedDisk::new(0);
    some_run(&disk);
    for outcome in all_outcomes(&disk) {
        assert_eq!(outcome["log"][..600], [1; 600]);
        assert!(outcome["log"].len() >= 700);
        assert!(outcome.contains_key("taken"));
        assert!(outcome.get("old").is_none_or(|old| old == b"old"));
    }
}

#[test]
fn each_kind_of_crash_makes_what_it_says() {
    let disk = SimulatedDisk::new(0);
    durable_file(&disk, "a", b"old");
    let new = disk.create("new").expect("free name");
    new.write_all_at(b"new", 0).expect("space");
    disk.rename("new", "a").expect("it exists");
    let (old, new, zeros): (&[u8], &[u8], &[u8]) = (b"old", b"new", &[0; 3]);
    let beside = |bytes| contents(&[("a", old), ("new", bytes)]);
    let moments = [contents(&[("a", old)]), beside(b""), beside(zeros), beside(new)];
    let renamed = |bytes| contents(&[("a", bytes)]);
    let cases = [
        (Crash::Lost, BTreeSet::from([renamed(old)])),
        (Crash::Kept, BTreeSet::from([renamed(new)])),
        (Crash::Prefix, moments.into_iter().chain([renamed(new)]).collect()),
        (Crash::NamesWithoutData, BTreeSet::from([renamed(zeros)])),
        (Crash::DataWithoutNames, BTreeSet::from([renamed(old)])),
        (Crash::OneFileWithoutData, BTreeSet::from([renamed(zeros)])),
    ];
    for (crash, expected) in cases {
        assert_eq!(outcomes(&disk, crash), expected, "{crash:?}");
    }
    let torn = outcomes(&disk, Crash::Torn);
    for expected in [renamed(old), renamed(b""), renamed(zeros), renamed(new), beside(new)] {
        assert!(torn.contains(&expected), "{expected:?}");
    }
}

#[test]
fn one_file_of_several_loses_its_data() {
    let disk = SimulatedDisk::new(0);
    for name in ["a", "b"] {
        disk.create(name).expect("free name").write_all_at(b"1", 0).expect("space");
    }
    let lost = |a: &[u8], b: &[u8]| contents(&[("a", a), ("b", b)]);
    let expected = BTreeSet::from([lost(b"\0", b"1"), lost(b"1", b"\0")]);
    assert_eq!(outcomes(&disk, Crash::OneFileWithoutData), expected);
}

#[test]
fn a_torn_write_leaves_any_sectors_old_or_new_as_a_whole() {
    let disk = SimulatedDisk::new(0);
    let file = durable_file(&disk, "a", &[1; 4 * SECTOR]);
    file.write_all_at(&[2; 3 * SECTOR], SECTOR as u64 / 2).expect("space");
    let torn = outcomes(&disk, Crash::Torn);
    let half = SECTOR / 2;
    let mut patterns = BTreeSet::new();
    for outcome in torn {
        let bytes = &outcome["a"];
        let parts = [
            &bytes[half..SECTOR],
            &bytes[SECTOR..2 * SECTOR],
            &bytes[2 * SECTOR..][..SECTOR],
            &bytes[3 * SECTOR..][..half],
        ];
        assert!(parts.iter().all(|part| part.iter().all(|byte| *byte == part[0])));
        assert!(bytes[..half].iter().chain(&bytes[3 * SECTOR + half..]).all(|byte| *byte == 1));
        patterns.insert(parts.map(|part| part[0]));
    }
    assert_eq!(patterns.len(), 16, "any of four sectors is old or new");
}

#[test]
fn names_may_survive_in_any_order() {
    let disk = SimulatedDisk::new(0);
    for name in ["a", "b"] {
        disk.create(name).expect("free name");
    }
    let torn = outcomes(&disk, Crash::Torn);
    let expected = [contents(&[]), contents(&[("a", b"")]), contents(&[("b", b"")])];
    assert!(expected.iter().all(|outcome| torn.contains(outcome)));
    assert!(!outcomes(&disk, Crash::Prefix).contains(&contents(&[("b", b"")])));

    let disk = SimulatedDisk::new(0);
    durable_file(&disk, "a", b"old");
    disk.remove("a").expect("it exists");
    disk.create("a").expect("free name");
    disk.rename("a", "b").expect("it exists");
    let only_renamed = contents(&[("a", b"old"), ("b", b"")]);
    assert!(outcomes(&disk, Crash::Torn).contains(&only_renamed));
}

#[test]
fn a_kill_leaves_all_and_a_power_loss_after_it_what_is_synced() {
    let disk = SimulatedDisk::new(0);
    some_run(&disk);
    disk.fail(Failure { lasting: Lasting::UntilHealed, ..failure(Errno::IO, Done::Nothing) });
    let killed = disk.kill();
    assert_eq!(killed.contents(), disk.contents());
    assert_eq!(killed.operations(), 0);
    assert_eq!(killed.crash(Crash::Lost, 0).contents(), disk.crash(Crash::Lost, 0).contents());
    killed.create("file").expect("the copy does not fail");
    assert!(!disk.contents().contains_key("file"));
}

#[test]
fn a_seed_decides_all() {
    let disk = SimulatedDisk::new(0);
    some_run(&disk);
    for (crash, seed) in Crash::ALL.into_iter().zip(0..) {
        assert_eq!(disk.crash(crash, seed).contents(), disk.crash(crash, seed).contents());
    }
}

#[test]
fn data_of_a_failed_sync_can_be_read_until_a_crash_and_are_never_durable() {
    for done in [Done::Nothing, Done::Half] {
        let disk = SimulatedDisk::new(0);
        let file = durable_file(&disk, "a", b"old");
        file.write_all_at(b"new", 0).expect("space");
        disk.fail(failure(Errno::IO, done));
        assert_eq!(file.sync().expect_err("told to").raw_os_error(), Some(5));
        assert_eq!(disk.contents()["a"], b"new");
        file.sync().expect("the pages are clean");
        file.write_all_at(b"later", SECTOR as u64).expect("space");
        file.sync().expect("no failure");
        assert_eq!(disk.contents()["a"][..3], *b"new");
        for outcome in all_outcomes(&disk) {
            assert_eq!(outcome["a"][..3], *b"old");
            assert_eq!(outcome["a"][SECTOR..], *b"later");
        }
    }
}

#[test]
fn the_nth_call_fails_once_or_until_the_disk_is_healed() {
    let cases = [
        (Lasting::Once, Calls::Operations, [true, true, false, true, true]),
        (Lasting::UntilHealed, Calls::Operations, [true, true, false, true, false]),
        (Lasting::Once, Calls::All, [true, false, true, true, true]),
        (Lasting::UntilHealed, Calls::All, [true, false, false, false, false]),
    ];
    for (lasting, calls, expected) in cases {
        let disk = SimulatedDisk::new(0);
        let file = durable_file(&disk, "a", b"");
        disk.fail(Failure { after: 1, calls, lasting, ..failure(Errno::IO, Done::Nothing) });
        let results = [
            file.write_all_at(b"1", 0).is_ok(),
            disk.list().is_ok(),
            disk.create("b").is_ok(),
            file.length().is_ok(),
            disk.remove("a").is_ok(),
        ];
        assert_eq!(results, expected, "{lasting:?} {calls:?}");
        disk.heal();
        disk.create("c").expect("it is healed");
    }
}

#[test]
fn a_failing_call_does_as_much_as_it_is_told() {
    let cases: [(Done, &[u8], bool); 3] =
        [(Done::Nothing, b"", false), (Done::Half, b"12", false), (Done::All, b"1234", true)];
    for (done, written, created) in cases {
        let disk = SimulatedDisk::new(0);
        let file = durable_file(&disk, "a", b"");
        disk.fail(Failure { lasting: Lasting::UntilHealed, ..failure(Errno::NOSPC, done) });
        let error = file.write_all_at(b"1234", 0).expect_err("told to");
        assert_eq!(error.kind(), ErrorKind::StorageFull);
        disk.create("b").expect_err("told to");
        assert_eq!(disk.contents()["a"], written);
        assert_eq!(disk.contents().contains_key("b"), created);
    }
}

#[test]
fn files_take_no_more_than_the_capacity() {
    let disk = SimulatedDisk::new(0);
    disk.set_capacity(10);
    let file = durable_file(&disk, "a", b"1234");
    assert_eq!(disk.available().expect("no failure"), 6);
    assert_eq!(file.allocate(11).expect_err("too long").kind(), ErrorKind::StorageFull);
    file.allocate(8).expect("space");
    assert_eq!(disk.available().expect("no failure"), 2);
    file.write_all_at(b"5678", 4).expect("allocated before");
    let error = file.write_all_at(b"abcdef", 7).expect_err("too long");
    assert_eq!(error.kind(), ErrorKind::StorageFull);
    assert_eq!(disk.contents()["a"], b"1234567abc");
    disk.remove("a").expect("it exists");
    assert_eq!(disk.available().expect("no failure"), 10);
}

#[test]
fn files_are_created_once_renamed_over_others_and_readable_when_removed() {
    let disk = SimulatedDisk::new(0);
    let file = durable_file(&disk, "a", b"new");
    assert_eq!(disk.create("a").expect_err("taken").kind(), ErrorKind::AlreadyExists);
    durable_file(&disk, "b", b"old");
    disk.rename("a", "b").expect("both exist");
    assert_eq!(disk.list().expect("no failure"), [("b".to_owned(), 3)]);
    let reader = disk.open("b").expect("it exists");
    assert!(reader.write_all_at(b"1", 0).is_err() && reader.allocate(9).is_err());
    disk.remove("b").expect("it exists");
    for missing in [disk.open("b").map(drop), disk.remove("b"), disk.rename("b", "c")] {
        assert_eq!(missing.expect_err("removed").kind(), ErrorKind::NotFound);
    }
    let mut bytes = [0; 5];
    assert_eq!(file.read_at(&mut bytes, 1).expect("open"), 2);
    assert_eq!(&bytes, b"ew\0\0\0");
    assert_eq!(reader.read_at(&mut bytes, u64::MAX).expect("open"), 0);
}

#[test]
fn as_many_reads_are_cached_as_told() {
    let cases = [(Cached::Never, 0..=0), (Cached::Sometimes, 1..=99), (Cached::Always, 100..=100)];
    for (cached, expected) in cases {
        let disk = SimulatedDisk::new(0);
        let file = durable_file(&disk, "a", b"1");
        disk.set_cached(cached);
        let mut bytes = [0];
        let found = (0..100).filter_map(|_| file.read_cached_at(&mut bytes, 0).expect("open"));
        assert!(expected.contains(&found.count()), "{cached:?}");
    }
}

#[test]
fn one_lock_at_a_time_and_none_on_a_copy() {
    let disk = SimulatedDisk::new(0);
    let lock = disk.lock().expect("nobody has it");
    assert_eq!(disk.lock().expect_err("taken").kind(), ErrorKind::WouldBlock);
    disk.kill().lock().expect("the process is gone");
    disk.crash(Crash::Lost, 0).lock().expect("the process is gone");
    drop(lock);
    disk.lock().expect("it is released");
    assert_eq!(disk.contents(), contents(&[(LOCK_NAME, b"")]));
}

#[test]
fn changes_from_outside_are_durable_and_no_operations() {
    let disk = SimulatedDisk::new(0);
    some_run(&disk);
    let operations = disk.operations();
    disk.edit("log", |bytes| bytes[9] ^= 4);
    disk.edit("taken", |bytes| bytes.truncate(2));
    disk.add("foreign", b"1");
    disk.move_file("taken", "moved");
    disk.delete("foreign");
    assert_eq!(disk.operations(), operations);
    let found = disk.contents();
    assert_eq!(found["log"][8..11], [1, 5, 1]);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["log", "moved"]);
    assert_eq!(found["moved"], [3; 2]);
    assert_eq!(all_outcomes(&disk), BTreeSet::from([found]));
}

#[test]
fn a_watcher_sees_the_disk_after_each_operation() {
    let disk = SimulatedDisk::new(0);
    let seen: Arc<Mutex<Vec<Contents>>> = Arc::default();
    let noted = Arc::clone(&seen);
    disk.watch(move |copy| noted.lock().expect("no panic").push(copy.contents()));
    some_run(&disk);
    let seen = seen.lock().expect("no panic");
    assert_eq!(seen.len() as u64, disk.operations());
    assert_eq!(seen.last(), Some(&disk.contents()));
    assert_eq!(seen[0], contents(&[("log", b"")]));
}
