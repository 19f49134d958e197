//! What a durable store does while segments are merged.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use metric_disk::{DiskStore, Settings};
use metric_tests::crash_model::{observe, put};
use metric_tests::patient::{open, tiny};
use metric_tests::simulated_disk::{Cached, SimulatedDisk};

type Store = Arc<DiskStore<SimulatedDisk>>;

/// A test that hangs fails after that.
const FOREVER: Duration = Duration::from_secs(60);

/// Returns a store whose segments are due to be merged.
fn due(disk: &SimulatedDisk, set: impl FnOnce(&mut Settings)) -> Store {
    let mut settings = tiny(10, 1_000);
    set(&mut settings);
    let store = open(disk, &settings);
    for timestamp in 0..3 {
        put(&mut store.handle(), ("key", timestamp, 1.0)).expect("there is room");
        store.flush(false).expect("the disk does not fail");
    }
    store
}

/// Calls something in a thread.
fn in_background(store: &Store, call: fn(&Store) -> bool) -> Receiver<bool> {
    let ((done, is_done), store) = (channel(), Arc::clone(store));
    thread::spawn(move || done.send(call(&store)));
    is_done
}

fn is_merge(name: &str, end: &str) -> bool {
    name.strip_suffix(end).is_some_and(|name| name.starts_with("00000001-00000003"))
}

/// Lets the next merge stand still after it has begun to write. Returns what tells of that, and what
/// lets it go on when it is dropped.
fn hold_merge(disk: &SimulatedDisk) -> (Receiver<()>, Sender<()>) {
    let ((told, is_held), (release, released)) = (channel(), channel());
    let mut hold = Some((told, released));
    disk.watch(move |copy| {
        if copy.contents().keys().any(|name| is_merge(name, ".seg.tmp"))
            && let Some((told, released)) = hold.take()
        {
            told.send(()).expect("the test waits");
            let _: Result<(), _> = released.recv();
        }
    });
    (is_held, release)
}

fn is_merged(disk: &SimulatedDisk) -> bool {
    disk.contents().keys().any(|name| is_merge(name, ".seg"))
}

#[test]
fn a_flush_does_not_wait_for_a_merge() {
    let disk = SimulatedDisk::new(0);
    let store = due(&disk, |_| ());
    let (is_held, release) = hold_merge(&disk);
    let merging = in_background(&store, |store| store.keep().is_ok());
    is_held.recv_timeout(FOREVER).expect("it merges");
    let flushing = in_background(&store, |store| {
        put(&mut store.handle(), ("key", 3, 1.0)).expect("there is room");
        store.flush(false).expect("the disk does not fail")
    });
    assert_eq!(flushing.recv_timeout(FOREVER), Ok(true), "a flush waits for the merge");
    assert!(disk.contents().contains_key("00000004-00000004.seg") && !is_merged(&disk));
    drop(release);
    assert_eq!(merging.recv_timeout(FOREVER), Ok(true));
    assert!(is_merged(&disk));
    let again = open(&disk.kill(), &tiny(10, 1_000));
    assert_eq!(again.counters().samples, 4);
}

#[test]
fn retention_does_not_wait_for_a_merge_which_gives_way_to_it() {
    let disk = SimulatedDisk::new(0);
    let store = due(&disk, |settings| settings.keep_bytes = Some(16 << 10));
    let (is_held, release) = hold_merge(&disk);
    let merging = in_background(&store, |store| store.keep().is_ok());
    is_held.recv_timeout(FOREVER).expect("it merges");
    disk.add("00000001.log.bad", &[1; 16 << 10]);
    let keeping = in_background(&store, |store| store.keep_room().is_ok());
    assert_eq!(keeping.recv_timeout(FOREVER), Ok(true), "retention waits for the merge");
    drop(release);
    assert_eq!(merging.recv_timeout(FOREVER), Ok(true));
    assert!(!is_merged(&disk), "the merge does not give way");
    store.keep_room().expect("the disk does not fail");
    assert!(disk.contents().keys().all(|name| !name.starts_with("00000001-")), "{disk:?}");
    disk.delete("00000001.log.bad");
    store.keep().expect("the disk does not fail");
}

/// Whether a reader or only the merge finds the damage.
#[test]
fn damaged_samples_are_counted_once() {
    for is_read in [true, false] {
        let disk = SimulatedDisk::new(0);
        disk.set_cached(Cached::Always);
        let store = open(&disk, &tiny(10, 1_000));
        for timestamp in 0..30 {
            put(&mut store.handle(), ("key", timestamp, 1.0)).expect("there is room");
            if timestamp % 10 == 9 {
                store.flush(false).expect("the disk does not fail");
            }
        }
        // The key of the first block.
        disk.edit("00000001-00000001.seg", |bytes| bytes[32 + 13] ^= 1);
        if is_read {
            assert!(observe(&store).len() < 30, "the damaged run is read, and left out");
            store.keep_room().expect("the disk does not fail");
        }
        store.merge().expect("the disk does not fail");
        assert!(is_merged(&disk));
        let left = observe(&store).len();
        assert!(left < 30);
        assert_eq!(store.disk_counters().damaged, 30 - left as u64, "{is_read}");
        assert_eq!(store.counters().samples, left);
    }
}

/// It would else take memory for the indexes of all that is older.
#[test]
fn a_merge_reads_only_what_it_merges() {
    let disk = SimulatedDisk::new(0);
    let store = open(&disk, &tiny(10, 1_000));
    for timestamp in 0..63 {
        put(&mut store.handle(), ("key", timestamp, 1.0 / (timestamp + 1) as f64))
            .expect("there is room");
        if timestamp >= 60 {
            store.flush(false).expect("the disk does not fail");
        }
    }
    put(&mut store.handle(), ("key", 63, 1.0)).expect("there is room");
    store.flush(false).expect("the disk does not fail");
    disk.edit("00000001-00000001.seg", Vec::clear);
    store.merge().expect("nothing of the first segment is read");
    assert!(disk.contents().contains_key("00000002-00000004.seg"), "{disk:?}");
}
