//! A backup of a directory opens, and has all that was acknowledged before, whatever a server does
//! to the directory meanwhile.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::thread;

use metric_disk::{Directory, DiskStore, Handle, Settings, backup, check};
use metric_memory::Layout;
use metric_proto::{Key, Position, Query, Refused, Sample, Scan, Store};

type OpenStore = Arc<DiskStore<Directory>>;

/// Settings with which few samples fill chunks, runs, logs and segments.
fn tiny() -> Settings {
    let mut settings = Settings::new(Layout::new(1, 3), 10, 1_000_000);
    settings.log_bytes = 4_096;
    settings.run_samples = 16;
    settings.merge_width = 3;
    settings.unit = Some("s");
    settings
}

fn open(path: &Path) -> OpenStore {
    open_with(path, tiny())
}

fn open_with(path: &Path, settings: Settings) -> OpenStore {
    let directory = Directory::create(path).expect("it can be made");
    let (store, findings) = DiskStore::open(directory, settings).expect("it opens");
    assert!(findings.is_empty(), "{:?}", findings.iter().collect::<Vec<_>>());
    store
}

fn settle(store: &OpenStore, handle: &mut Handle<Directory>) {
    loop {
        match handle.poll_ready(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(ready) => return ready.expect("the disk does not fail"),
            Poll::Pending => {
                store.fetch(std::time::Duration::ZERO);
                store.keep().expect("the disk does not fail");
            }
        }
    }
}

/// Puts the sample with this number, and waits until it is acknowledged.
fn put(store: &OpenStore, handle: &mut Handle<Directory>, number: i64) {
    let key = Key::new(["palm.cpu", "palm.disk", "palm.mem"][number as usize % 3]).expect("a key");
    let sample = Sample::new(number as f64, number).expect("finite");
    loop {
        let put = handle.put(key, sample);
        settle(store, handle);
        match put {
            Err(Refused::NotYet) => {}
            put => return put.expect("there is room"),
        }
    }
}

/// Returns the numbers of all samples.
fn numbers(store: &OpenStore) -> Vec<i64> {
    let (mut handle, mut from, mut found) = (store.handle(), Position::START, Vec::new());
    loop {
        let end = handle.scan(&Query::all(metric_proto::Series::All), from, |_, sample| {
            found.push(sample.timestamp());
            ControlFlow::Continue(())
        });
        match end {
            Scan::NotYet(position) => from = position,
            _ => break,
        }
        settle(store, &mut handle);
    }
    found.sort_unstable();
    found
}

/// Returns the names of all files with their contents.
fn contents(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(path).expect("readable").map(|entry| entry.expect("readable"));
    let content = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().expect("UTF-8");
        (name, fs::read(entry.path()).expect("readable"))
    };
    files.map(content).collect()
}

#[test]
fn a_backup_under_a_busy_store_has_all_that_was_acknowledged_before() {
    let place = tempfile::tempdir().expect("temporary directory");
    let from = place.path().join("data");
    let store = open(&from);
    let (acknowledged, stopped) = (AtomicI64::new(0), AtomicBool::new(false));
    thread::scope(|threads| {
        threads.spawn(|| {
            let mut handle = store.handle();
            for number in 0.. {
                put(&store, &mut handle, number);
                acknowledged.store(number + 1, SeqCst);
                if stopped.load(SeqCst) {
                    break;
                }
            }
        });
        threads.spawn(|| {
            while !stopped.load(SeqCst) {
                store.keep().expect("the disk does not fail");
            }
        });
        let result = thread::scope(|inner| {
            inner.spawn(|| rounds(&from, place.path(), &acknowledged)).join()
        });
        stopped.store(true, SeqCst);
        result.expect("all rounds are good");
    });
}

fn rounds(from: &Path, place: &Path, acknowledged: &AtomicI64) {
    for round in 0..20 {
        let before = acknowledged.load(SeqCst);
        while acknowledged.load(SeqCst) < before + 300 {
            thread::yield_now();
        }
        let before = acknowledged.load(SeqCst);
        let to = place.join(format!("copy {round}"));
        backup(from, &to).expect("it is copied");
        let after = acknowledged.load(SeqCst) + 1;
        let report = check(&to).expect("it can be read");
        assert!(report.is_good() && report.notes.is_empty(), "{report}");
        let live = check(from).expect("it can be read");
        assert!(live.is_good(), "{live}");
        let found = numbers(&open(&to));
        let count = found.len() as i64;
        assert!((before..=after).contains(&count), "{before} <= {count} <= {after}");
        assert!(found.into_iter().eq(0..count), "what is there is what was put first");
    }
}

/// Makes a directory with three segments, two logs, and files that are not copied.
fn filled(path: &Path) -> i64 {
    let mut settings = tiny();
    settings.merge_width = 100;
    let store = open_with(path, settings);
    let mut handle = store.handle();
    for number in 0..100 {
        put(&store, &mut handle, number);
        if number % 30 == 29 {
            store.flush(false).expect("the disk does not fail");
        }
    }
    store.keep().expect("the disk does not fail");
    for name in ["notes", "00000001.log.bad", "00000009-00000009.seg.tmp"] {
        fs::write(path.join(name), "anything").expect("space");
    }
    100
}

#[test]
fn a_backup_of_a_backup_is_the_same_and_leaves_it_as_it_was() {
    let place = tempfile::tempdir().expect("temporary directory");
    let paths = ["data", "one", "two"].map(|name| place.path().join(name));
    let count = filled(&paths[0]);
    let before = contents(&paths[0]);
    let copied = backup(&paths[0], &paths[1]).expect("it is copied");
    let again = backup(&paths[1], &paths[2]).expect("it is copied");
    assert_eq!(copied, again);
    assert_eq!((copied.segments, copied.linked, copied.logs), (3, 3, 2));
    assert!(contents(&paths[0]) == before);
    assert!(contents(&paths[1]) == contents(&paths[2]));
    let names: Vec<_> = contents(&paths[1]).into_keys().collect();
    let logs = |name: &&String| name.ends_with(".log");
    assert_eq!((names.len(), names.iter().filter(logs).count()), (6, 2), "{names:?}");
    for path in &paths {
        assert!(numbers(&open(path)).into_iter().eq(0..count), "{path:?}");
    }
}

/// What the copy's store removes and writes is not in the other directory.
#[test]
fn a_store_on_a_backup_does_not_change_the_other() {
    let place = tempfile::tempdir().expect("temporary directory");
    let [from, to] = ["data", "copy"].map(|name| place.path().join(name));
    filled(&from);
    backup(&from, &to).expect("it is copied");
    let before = contents(&from);
    let store = open(&to);
    let mut handle = store.handle();
    (100..1_000).for_each(|number| put(&store, &mut handle, number));
    store.keep().expect("the disk does not fail");
    store.close().expect("the disk does not fail");
    assert!(contents(&from) == before);
}

#[test]
fn a_backup_is_for_this_user_only() {
    let place = tempfile::tempdir().expect("temporary directory");
    let [from, to] = ["data", "copy"].map(|name| place.path().join(name));
    filled(&from);
    backup(&from, &to).expect("it is copied");
    let mode = |path: &Path| fs::metadata(path).expect("it exists").permissions().mode() & 0o777;
    assert_eq!(mode(&to), 0o700);
    contents(&to).keys().for_each(|name| assert_eq!(mode(&to.join(name)), 0o600, "{name}"));
}

#[test]
fn a_directory_with_files_is_refused_and_left_as_it_is() {
    let place = tempfile::tempdir().expect("temporary directory");
    let [from, to, empty] = ["data", "copy", "empty"].map(|name| place.path().join(name));
    filled(&from);
    fs::create_dir(&to).expect("free name");
    fs::write(to.join("notes"), "mine").expect("space");
    let error = backup(&from, &to).expect_err("it has a file");
    assert_eq!(error.kind(), ErrorKind::DirectoryNotEmpty);
    assert_eq!(error.to_string(), format!("cannot use {to:?}: it is not empty"));
    assert_eq!(contents(&to), BTreeMap::from([("notes".into(), b"mine".to_vec())]));
    fs::create_dir(&empty).expect("free name");
    backup(&from, &empty).expect("it is empty");
}

#[test]
fn a_missing_directory_is_not_made() {
    let place = tempfile::tempdir().expect("temporary directory");
    let [from, to] = ["none", "copy"].map(|name| place.path().join(name));
    let error = backup(&from, &to).expect_err("there is nothing");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().contains(&format!("{from:?}")), "{error}");
    assert!(check(&from).is_err());
    assert!(!from.exists() && !to.exists());
}

/// A copy of what is not mounted is none.
#[test]
fn a_directory_in_which_no_store_has_been_is_refused() {
    let place = tempfile::tempdir().expect("temporary directory");
    let [from, to] = ["data", "copy"].map(|name| place.path().join(name));
    fs::create_dir(&from).expect("free name");
    for files in [&[][..], &["notes"]] {
        files.iter().for_each(|name| fs::write(from.join(name), "mine").expect("space"));
        let error = backup(&from, &to).expect_err("there are no samples");
        assert_eq!(error.to_string(), "no server has kept samples there");
        assert_eq!(check(&from).expect_err("none here").to_string(), error.to_string());
        assert!(!to.exists());
    }
}

#[test]
fn a_copy_is_not_made_within_its_original() {
    let place = tempfile::tempdir().expect("temporary directory");
    let [from, link] = ["data", "link"].map(|name| place.path().join(name));
    filled(&from);
    std::os::unix::fs::symlink(&from, &link).expect("free name");
    let before = contents(&from);
    for to in ["", "copy", "a/deep/copy", "../data/copy", "../link/copy"] {
        let error = backup(&link, &from.join(to)).expect_err("it is within");
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{to}: {error}");
        assert_eq!(contents(&from), before, "{to}");
    }
}

/// As from one file system to another.
#[test]
fn what_cannot_be_linked_is_copied() {
    let place = tempfile::tempdir().expect("temporary directory");
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else { return };
    let device = |path: &Path| fs::metadata(path).expect("it exists").dev();
    if device(place.path()) == device(other.path()) {
        return;
    }
    let [from, to] = [place.path().join("data"), other.path().join("copy")];
    let count = filled(&from);
    let copied = backup(&from, &to).expect("it is copied");
    assert_eq!((copied.segments, copied.linked), (3, 0));
    assert!(check(&to).expect("it can be read").is_good());
    assert!(numbers(&open(&to)).into_iter().eq(0..count));
}

/// A backup of what is damaged has the rest, and a check says the same of both.
#[test]
fn a_damaged_directory_is_copied_as_it_is() {
    let place = tempfile::tempdir().expect("temporary directory");
    let [from, to] = ["data", "copy"].map(|name| place.path().join(name));
    filled(&from);
    fs::remove_file(from.join("00000002-00000002.seg")).expect("it exists");
    let log = from.join("00000004.log");
    let mut bytes = fs::read(&log).expect("it exists");
    bytes[50] ^= 1;
    fs::write(&log, bytes).expect("space");
    let copied = backup(&from, &to).expect("it is copied");
    let report = check(&to).expect("it can be read");
    // The segment, the damage, and the puts behind it of series whose keys were there.
    assert_eq!(report.faults.len(), 3, "{report}");
    assert_eq!(report.faults, check(&from).expect("it can be read").faults);
    assert_eq!(report.faults, copied.report.faults);
}

/// Damage in the last frame is no write that was not completed, and a log that was cut stays so.
#[test]
fn damage_at_the_end_of_a_log_is_in_the_copy_too() {
    let edits: [fn(&mut Vec<u8>, usize); 2] =
        [|bytes, end| bytes[end - 1] ^= 1, |bytes, end| bytes.truncate(end)];
    for edit in edits {
        let place = tempfile::tempdir().expect("temporary directory");
        let [from, to] = ["data", "copy"].map(|name| place.path().join(name));
        filled(&from);
        let log = from.join("00000004.log");
        let mut bytes = fs::read(&log).expect("it exists");
        let end = bytes.iter().rposition(|&byte| byte != 0).expect("a head") + 1;
        edit(&mut bytes, end);
        fs::write(&log, bytes).expect("space");
        let copied = backup(&from, &to).expect("it is copied");
        assert_eq!(copied.report.faults.len(), 1, "{}", copied.report);
        assert_eq!(copied.report.faults, check(&from).expect("it can be read").faults);
    }
}

/// A merge that was published, failed and could not be undone leaves a segment that overlaps a later
/// one; and a segment may not be what its name says, so that those that it covers are needed.
#[test]
fn a_copy_has_the_samples_of_segments_that_overlap_or_are_covered() {
    for name in ["00000002-00000004.seg", "00000001-00000009.seg"] {
        let place = tempfile::tempdir().expect("temporary directory");
        let [from, to] = ["data", "copy"].map(|name| place.path().join(name));
        filled(&from);
        fs::write(from.join(name), "anything").expect("space");
        backup(&from, &to).expect("it is copied");
        let names = |path: &Path| -> Vec<_> {
            let is_ours = |name: &String| name.ends_with(".seg") || name.ends_with(".log");
            contents(path).into_keys().filter(is_ours).collect()
        };
        assert_eq!(names(&from), names(&to));
        let (store, findings) = open_damaged(&to);
        assert!(findings > 0 && numbers(&store).into_iter().eq(0..100), "{name}");
    }
}

fn open_damaged(path: &Path) -> (OpenStore, usize) {
    let directory = Directory::create(path).expect("it can be made");
    let (store, findings) = DiskStore::open(directory, tiny()).expect("it opens");
    (store, findings.iter().count())
}
