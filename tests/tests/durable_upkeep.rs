//! What a durable store does in the background harms nothing, whatever happens meanwhile.

use std::cell::Cell;
use std::ops::ControlFlow::Continue;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use metric_disk::{DiskStore, Handle, Settings, Sync};
use metric_memory::Layout;
use metric_proto::{Position, Query, Refused, Scan, Series, Store};
use metric_tests::crash_model::{judge, put};
use metric_tests::patient::{open, settle, tiny};
use metric_tests::simulated_disk::{Cached, Calls, Done, Failure, Lasting, SimulatedDisk};
use rustix::io::Errno;

thread_local! {
    static NOW: Cell<u32> = const { Cell::new(1_700_000_000) };
}

/// A store on a disk whose reads need not be waited for.
struct Kept {
    disk: SimulatedDisk,
    settings: Settings,
    store: Arc<DiskStore<SimulatedDisk>>,
    handle: Handle<SimulatedDisk>,
}

impl Kept {
    fn new(settings: Settings) -> Self {
        let disk = SimulatedDisk::new(0);
        disk.set_cached(Cached::Always);
        let store = open(&disk, &settings);
        Self { handle: store.handle(), disk, settings, store }
    }

    fn put(&mut self, key: &str, timestamp: i64) {
        assert_eq!(put(&mut self.handle, (key, timestamp, timestamp as f64)), Ok(()));
        settle(&self.store, &mut self.handle);
    }

    fn flush(&self) {
        assert!(self.store.flush(false).expect("the disk does not fail"));
    }

    fn keep(&self) {
        self.store.keep().expect("the disk does not fail");
    }

    /// Returns how many samples are listed; `None` if some cannot be read.
    fn listed(&mut self) -> Option<usize> {
        let (mut count, mut from) = (0, Position::START);
        loop {
            let end = self.handle.scan(&Query::all(Series::All), from, |_, _| {
                count += 1;
                Continue(())
            });
            match end {
                Scan::NotYet(position) => from = position,
                end => return (end == Scan::Done).then_some(count),
            }
            self.fetch();
        }
    }

    /// Puts a sample that is older than all.
    fn put_late(&mut self, timestamp: i64) -> Result<(), Refused> {
        loop {
            match put(&mut self.handle, ("key", timestamp, 1.0)) {
                Err(Refused::NotYet) => self.fetch(),
                decided => return decided,
            }
        }
    }

    /// Reads what the handle waits for.
    fn fetch(&mut self) {
        let mut context = Context::from_waker(Waker::noop());
        while self.handle.poll_ready(&mut context).is_pending() {
            self.store.fetch(Duration::ZERO);
        }
    }

    /// Returns how many samples would be there after a kill.
    fn after_kill(&self) -> usize {
        judge(&self.disk.kill(), &self.settings).rows.len()
    }

    fn segments(&self) -> usize {
        self.disk.contents().keys().filter(|name| name.ends_with(".seg")).count()
    }
}

fn failure(calls: Calls, error: Errno, lasting: Lasting) -> Failure {
    Failure { after: 0, calls, error, done: Done::Nothing, lasting }
}

/// Returns a store with a bound on age, of which a log has only a late put of what was loaded from a segment.
fn with_a_late_put() -> Kept {
    let mut settings = tiny(10, 100);
    (settings.clock, settings.keep_age) = (|| NOW.get(), Some(Duration::from_secs(1_600)));
    let mut kept = Kept::new(settings);
    (10..16).for_each(|timestamp| kept.put("a", timestamp));
    kept.flush();
    kept.keep();
    kept.put("a", 1);
    kept
}

#[test]
fn a_segment_stays_while_a_log_has_only_a_late_put_of_what_was_loaded_from_it() {
    let kept = with_a_late_put();
    // Ages are due, and the log is not.
    NOW.set(NOW.get() + 61);
    kept.keep();
    assert_eq!(kept.after_kill(), 7);
}

#[test]
fn a_segment_stays_while_a_flush_has_failed_that_would_have_had_what_was_loaded_from_it() {
    let kept = with_a_late_put();
    kept.disk.set_capacity(kept.disk.contents().values().map(|bytes| bytes.len() as u64).sum());
    NOW.set(NOW.get() + 61);
    for _ in 0..2 {
        assert!(kept.store.flush(false).is_err());
        let _ = kept.store.keep();
        NOW.set(NOW.get() + 61);
    }
    assert_eq!(kept.after_kill(), 7);
}

#[test]
fn a_log_that_has_ended_makes_room_for_the_next_on_a_full_disk() {
    let mut settings = tiny(10, 100_000);
    (settings.layout, settings.log_bytes) = (Layout::ONE_THREAD, 64 << 10);
    let mut kept = Kept::new(settings);
    // Two logs, and the segment of one.
    kept.disk.set_capacity(160 << 10);
    let mut stored = 0;
    for _ in 0..60_000 {
        match put(&mut kept.handle, ("key", stored, 1.0)) {
            Ok(()) => stored += 1,
            Err(Refused::NotYet | Refused::Unavailable) => _ = kept.store.keep(),
            Err(refused) => panic!("{refused}"),
        }
    }
    assert!(stored > 50_000, "{stored}");
}

#[test]
fn a_segment_has_no_part_of_a_later_log_that_failed_meanwhile() {
    const KEYS: usize = 200;
    let mut settings = Settings::new(Layout::ONE_THREAD, KEYS, 1_000);
    (settings.log_bytes, settings.sync) = (1 << 20, Sync::Interval);
    let mut kept = Kept::new(settings);
    for timestamp in 0..250 {
        for key in 0..KEYS {
            let value = ((timestamp * KEYS + key) as f64).sin();
            let sample = (&*format!("key{key:03}"), timestamp as i64, value);
            assert_eq!(put(&mut kept.handle, sample), Ok(()));
        }
        settle(&kept.store, &mut kept.handle);
    }
    let (disk, mut handle) = (kept.disk.clone(), Some(kept.store.handle()));
    kept.disk.watch(move |copy| {
        // The first series are in the segment, the last are not yet.
        let files = copy.contents();
        let begun =
            |(name, bytes): (&String, &Vec<u8>)| name.ends_with(".seg.tmp") && !bytes.is_empty();
        if files.iter().any(begun)
            && let Some(mut handle) = handle.take()
        {
            for key in ["key000", "key199"] {
                assert_eq!(put(&mut handle, (key, 1_000, 1.0)), Ok(()));
            }
            disk.fail(failure(Calls::Operations, Errno::IO, Lasting::Once));
            assert!(handle.store().sync().is_err(), "the log fails");
        }
    });
    let _ = kept.store.flush(false);
    kept.disk.watch(|_| ());
    assert!(kept.disk.has_failed());
    let rows = judge(&kept.disk.kill(), &kept.settings).rows;
    let has = |key: &str| rows.contains_key(&(key.to_owned(), 1_000));
    assert!(has("key000") || !has("key199"), "the later put is there without the earlier one");
    kept.keep();
    assert_eq!(kept.after_kill(), KEYS * 250 + 2, "the table has all, so the next segment has");
}

#[test]
fn a_put_that_waits_for_room_loads_nothing() {
    let mut settings = tiny(10, 100_000);
    (settings.layout, settings.log_bytes) = (Layout::ONE_THREAD, 64 << 10);
    let mut kept = Kept::new(settings);
    (0..1_000).for_each(|timestamp| kept.put("key", timestamp));
    kept.flush();
    let mut others = 0..;
    while put(&mut kept.handle, ("other", others.next().expect("it has no end"), 1.0)).is_ok() {}
    let before = kept.store.memory();
    assert_eq!(put(&mut kept.handle, ("key", 1_000, 1.0)), Err(Refused::NotYet));
    assert_eq!(kept.store.memory(), before);
}

#[test]
fn what_could_not_be_read_once_is_not_damaged() {
    let mut kept = Kept::new(tiny(10, 100));
    (0..20).for_each(|timestamp| kept.put("key", timestamp));
    kept.flush();
    kept.disk.fail(failure(Calls::All, Errno::IO, Lasting::UntilHealed));
    assert_eq!(kept.listed(), None);
    assert_eq!(kept.put_late(-1), Err(Refused::Unavailable));
    kept.disk.heal();
    kept.keep();
    assert_eq!(kept.put_late(-1), Ok(()));
    assert_eq!(kept.listed(), Some(21));
    assert_eq!(kept.store.disk_counters().damaged, 0);
}

/// Returns a store of three segments of which a merge has just failed.
fn with_a_failed_merge() -> Kept {
    let mut settings = tiny(10, 100);
    (settings.clock, settings.merge_width) = (|| NOW.get(), 3);
    let mut kept = Kept::new(settings);
    for timestamp in 0..3 {
        kept.put("key", timestamp);
        kept.flush();
    }
    // Once the next log is made, nothing but a merge is due.
    let _ = kept.store.flush(false);
    kept.disk.fail(failure(Calls::Operations, Errno::IO, Lasting::UntilHealed));
    assert!(kept.store.keep().is_err());
    kept.disk.heal();
    kept
}

#[test]
fn a_merge_that_failed_waits_before_the_next_try() {
    let kept = with_a_failed_merge();
    NOW.set(NOW.get() + 599);
    let before = kept.disk.operations();
    kept.keep();
    assert_eq!((kept.segments(), kept.disk.operations()), (3, before), "it waits");
    NOW.set(NOW.get() + 1);
    kept.keep();
    assert_eq!(kept.segments(), 1);
}

#[test]
fn a_clock_that_is_set_back_does_not_keep_a_store_from_merging() {
    let kept = with_a_failed_merge();
    NOW.set(NOW.get() - 3_600);
    kept.keep();
    assert_eq!(kept.segments(), 1);
}
