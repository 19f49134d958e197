//! A store changes no file of somebody else: it refuses their directories, and in its own it leaves
//! their files as they are.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use metric_disk::{Directory, DiskStore, OpenError, Settings, Threads};
use metric_memory::Layout;
use metric_proto::{Key, Sample, Store};
use tempfile::TempDir;

fn settings() -> Settings {
    let mut settings = Settings::new(Layout::ONE_THREAD, 10, 1_000);
    settings.log_bytes = 64 << 10;
    settings.unit = Some("s");
    settings
}

fn open(path: &Path) -> Result<(), OpenError> {
    let (store, _) = DiskStore::open(Directory::create(path)?, settings())?;
    let threads = Threads::start(&store)?;
    store.handle().put(Key::new("palm.cpu").unwrap(), Sample::new(1.0, 1).unwrap()).unwrap();
    Ok(threads.close()?)
}

/// Returns what is in a directory.
fn contents(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap());
    let bytes = |path| fs::read(path).unwrap_or_default();
    entries
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), bytes(entry.path())))
        .collect()
}

fn place(files: &[(&str, &str)]) -> TempDir {
    let place = tempfile::tempdir().unwrap();
    files.iter().for_each(|(name, text)| fs::write(place.path().join(name), text).unwrap());
    place
}

#[test]
fn a_directory_of_somebody_else_is_refused_and_stays_as_it_is() {
    let cases: &[&[(&str, &str)]] = &[
        &[("hosts", "127.0.0.1 localhost")],
        &[(".hidden", "")],
        &[("lock", "locked by me")],
        &[("lock", "1234\n"), ("notes", "")],
        &[("00000007.log", "Nov 28 it rained\n")],
        &[("00000007.log", "")],
        &[("00000001-00000002.seg", "a segment of an orange")],
        &[("unit", "cm\n")],
        &[("unit", "cm")],
        &[("unit.tmp", "cm\n")],
        &[("00000007.log.tmp", "of somebody else")],
        &[("00000001-00000002.seg.tmp", "of somebody else")],
        &[("lock", "1234\n"), ("00000007.log", "metr-LOG"), ("00000007.log.bad", "")],
    ];
    for files in cases {
        let place = place(files);
        let before = contents(place.path());
        let error = open(place.path()).expect_err("it is somebody else's");
        assert!(matches!(error, OpenError::Foreign { .. }), "{files:?}: {error}");
        let text = error.to_string();
        assert!(text.lines().count() == 1 && text.contains("use an empty directory"), "{text}");
        assert_eq!(contents(place.path()), before, "{files:?}");
    }
}

/// These are not among the files that a store lists.
#[test]
fn a_directory_of_directories_or_links_is_refused() {
    let make: [fn(&Path); 2] = [
        |path| fs::create_dir(path.join("home")).unwrap(),
        |path| symlink("/nowhere", path.join("00000001.log")).unwrap(),
    ];
    for make in make {
        let place = place(&[]);
        make(place.path());
        let error = open(place.path()).expect_err("it is somebody else's");
        assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
        assert_eq!(contents(place.path()).len(), 1);
    }
}

#[test]
fn what_a_store_or_a_file_system_leaves_is_taken() {
    let cases: &[&[(&str, &str)]] = &[
        &[],
        &[("lock", "1234\n")],
        &[("lock", "")],
        &[("lock", "1234\n"), ("unit", "s\n")],
        &[("lock", "1234\n"), ("unit", ""), ("unit.tmp", "s\n")],
        &[("lock", "1234\n"), ("00000001.log.tmp", "\0\0\0\0\0\0\0\0\0")],
        &[("lock", "1234\n"), ("00000001.log.tmp", "metr-log")],
        &[("lock", "1234\n"), ("00000001-00000001.seg.tmp", "Metr")],
    ];
    for files in cases {
        let place = place(files);
        fs::create_dir(place.path().join("lost+found")).unwrap();
        open(place.path()).unwrap_or_else(|error| panic!("{files:?}: {error}"));
        open(place.path()).unwrap_or_else(|error| panic!("{files:?}: {error}"));
    }
}

#[test]
fn files_of_somebody_else_in_a_directory_of_a_store_stay_as_they_are() {
    let place = place(&[]);
    open(place.path()).unwrap();
    let theirs = [
        ("lock", "locked by me"),
        ("notes", ""),
        ("00000008.log.tmp", "a draft"),
        ("00000001-00000009.seg.tmp", "a draft"),
        ("unit.tmp", "cm\n"),
        ("00000001.log.bad", "bad"),
    ];
    theirs.iter().for_each(|(name, text)| fs::write(place.path().join(name), text).unwrap());
    open(place.path()).unwrap();
    let after = contents(place.path());
    for (name, text) in theirs {
        assert_eq!(after.get(name).map(Vec::as_slice), Some(text.as_bytes()), "{name}");
    }
    fs::write(place.path().join("unit"), "cm\n").unwrap();
    let error = open(place.path()).expect_err("no unit");
    assert!(error.to_string().contains("its file unit says \"cm\\n\", and not s, ms"), "{error}");
    assert_eq!(fs::read(place.path().join("unit")).unwrap(), b"cm\n");
}
