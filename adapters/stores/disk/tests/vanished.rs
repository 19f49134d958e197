//! A store notices that somebody has removed its directory or its logs, and acknowledges nothing that
//! nobody would find again.

use std::fs;
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::{Context, Waker};

use metric_disk::{Directory, DiskStore, Settings};
use metric_memory::Layout;
use metric_proto::{Key, Position, Query, Refused, Sample, Series, Store};
use tempfile::TempDir;

struct Kept {
    _parent: TempDir,
    path: PathBuf,
    store: Arc<DiskStore>,
}

fn open(path: &Path) -> Arc<DiskStore> {
    open_with(path, usize::MAX)
}

fn open_with(path: &Path, max_memory: usize) -> Arc<DiskStore> {
    let mut settings = Settings::new(Layout::ONE_THREAD, 10, 1_000);
    (settings.log_bytes, settings.max_memory) = (64 << 10, max_memory);
    let directory = Directory::create(path).unwrap();
    let (store, findings) = DiskStore::open(directory, settings).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    store.keep().unwrap();
    store
}

impl Kept {
    fn new() -> Self {
        Self::with_memory(usize::MAX)
    }

    fn with_memory(bytes: usize) -> Self {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let kept = Self { store: open_with(&path, bytes), path, _parent: parent };
        kept.put(1).unwrap();
        kept
    }

    fn put(&self, time: i64) -> Result<(), Refused> {
        let mut handle = self.store.handle();
        handle.put(Key::new("palm.cpu").unwrap(), Sample::new(1.0, time).unwrap())?;
        // Others may share its write first.
        let mut poll = || handle.poll_ready(&mut Context::from_waker(Waker::noop())).is_ready();
        assert!((0..100).any(|_| poll()), "it waits for ever");
        Ok(())
    }

    /// Checks that puts are refused, and that nothing else is.
    fn check_refusing(&self) {
        let error = self.store.keep().expect_err("it is gone");
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert!(self.store.is_refusing());
        assert_eq!(self.put(2), Err(Refused::Unavailable));
        assert_eq!(times(&self.store), [1]);
    }

    /// Opens it again as after a kill.
    fn open_again(self) -> Vec<i64> {
        let Self { _parent, path, store } = self;
        drop(store);
        times(&open(&path))
    }
}

fn times(store: &Arc<DiskStore>) -> Vec<i64> {
    let mut times = Vec::new();
    let _ = store.handle().scan(&Query::all(Series::All), Position::START, |_, sample| {
        times.push(sample.timestamp());
        ControlFlow::Continue(())
    });
    times
}

#[test]
fn a_directory_that_is_removed_takes_no_puts_and_that_is_told_at_the_stop() {
    let kept = Kept::new();
    fs::remove_dir_all(&kept.path).unwrap();
    kept.check_refusing();
    fs::create_dir(&kept.path).unwrap();
    kept.check_refusing();
    let error = kept.store.close().expect_err("it is gone");
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.to_string().ends_with(" was removed, and its samples with it"), "{error}");
    assert_eq!(fs::read_dir(&kept.path).unwrap().count(), 0);
}

#[test]
fn nobody_waits_for_memory_that_a_directory_that_is_removed_should_make_free() {
    // Less than a head takes, so that memory is full before the log is.
    let kept = Kept::with_memory(1_500);
    let full = (2..100).find_map(|time| kept.put(time).err());
    assert_eq!(full, Some(Refused::NotYet));
    let mut waiting = kept.store.handle();
    let (key, sample) = (Key::new("palm.cpu").unwrap(), Sample::new(1.0, 0).unwrap());
    assert_eq!(waiting.put(key, sample), Err(Refused::NotYet));
    fs::remove_dir_all(&kept.path).unwrap();
    kept.store.keep().expect_err("it is gone");
    let mut context = Context::from_waker(Waker::noop());
    assert!(waiting.poll_ready(&mut context).is_ready(), "it waits for ever");
    assert_eq!(waiting.put(key, sample), Err(Refused::Unavailable));
}

#[test]
fn a_directory_that_is_renamed_takes_puts_when_it_is_back() {
    let kept = Kept::new();
    let other = kept.path.with_file_name("other");
    fs::rename(&kept.path, &other).unwrap();
    kept.check_refusing();
    fs::create_dir(&kept.path).unwrap();
    kept.check_refusing();
    fs::remove_dir(&kept.path).unwrap();
    fs::rename(&other, &kept.path).unwrap();
    kept.store.keep().unwrap();
    kept.put(3).unwrap();
    assert_eq!(kept.open_again(), [1, 3]);
}

#[test]
fn a_directory_that_stays_renamed_has_all_at_the_stop() {
    let mut kept = Kept::new();
    let other = kept.path.with_file_name("other");
    fs::rename(&kept.path, &other).unwrap();
    kept.check_refusing();
    kept.store.close().unwrap();
    kept.path = other;
    assert_eq!(kept.open_again(), [1]);
}

#[test]
fn logs_that_are_removed_take_no_puts_and_nothing_is_lost() {
    let kept = Kept::new();
    for entry in fs::read_dir(&kept.path).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.extension().is_some_and(|end| end == "log") {
            fs::remove_file(entry).unwrap();
        }
    }
    kept.store.keep().unwrap();
    assert!(!kept.store.is_refusing());
    kept.put(2).unwrap();
    assert_eq!(kept.open_again(), [1, 2]);
}
