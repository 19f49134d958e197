//! How long a durable store keeps what arrives, on a clock that the tests set.

use std::cell::Cell;
use std::ops::ControlFlow::Continue;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use metric_disk::{Directory, DiskStore, Settings};
use metric_memory::Layout;
use metric_proto::{Key, Position, Query, Refused, Sample, Scan, Series, Store};
use tempfile::TempDir;

thread_local! {
    static NOW: Cell<u32> = const { Cell::new(10_000) };
}

/// A store in a directory, without threads.
struct Kept {
    place: TempDir,
    settings: Settings,
    store: Arc<DiskStore>,
}

impl Kept {
    fn new(set: impl FnOnce(&mut Settings)) -> Self {
        let place = tempfile::tempdir().unwrap();
        let mut settings = Settings::new(Layout::ONE_THREAD, 100, 100);
        settings.clock = || NOW.get();
        settings.log_bytes = 256 << 10;
        set(&mut settings);
        let store = open(&place, &settings);
        Self { place, settings, store }
    }

    /// Lets time pass, as the store's thread sees it.
    fn pass(&self, seconds: u32) {
        for _ in 0..20 {
            NOW.set(NOW.get() + seconds / 20);
            self.store.keep().unwrap();
        }
    }

    fn put(&self, name: &str, timestamp: i64) {
        let mut handle = self.store.handle();
        let sample = Sample::new(1.0, timestamp).unwrap();
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        loop {
            let put = handle.put(Key::new(name).unwrap(), sample);
            while handle.poll_ready(&mut context) == Poll::Pending {
                self.store.fetch(Duration::ZERO);
            }
            match put {
                Err(Refused::NotYet) => {}
                put => return put.unwrap(),
            }
        }
    }

    /// Returns the names and the numbers of samples of all series.
    fn series(&self) -> Vec<(String, usize)> {
        let mut all = Vec::new();
        let _ = self.store.handle().series(b"", |key, summary| {
            all.push((key.to_string(), summary.samples));
            Continue(())
        });
        all
    }

    fn timestamps(&self, name: &str) -> Vec<i64> {
        let (mut all, key) = (Vec::new(), Key::new(name).unwrap());
        let mut handle = self.store.handle();
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        let mut from = Position::START;
        loop {
            let end = handle.scan(&Query::all(Series::Key(key)), from, |_, sample| {
                all.push(sample.timestamp());
                Continue(())
            });
            let Scan::NotYet(next) = end else { return all };
            from = next;
            while handle.poll_ready(&mut context) == Poll::Pending {
                self.store.fetch(Duration::ZERO);
            }
        }
    }

    /// Ends without an order, and starts again.
    fn killed(self) -> Self {
        let Self { place, settings, store } = self;
        drop(store);
        let store = open(&place, &settings);
        Self { place, settings, store }
    }
}

fn open(place: &TempDir, settings: &Settings) -> Arc<DiskStore> {
    let files = Directory::create(place.path()).unwrap();
    DiskStore::open(files, settings.clone()).unwrap().0
}

const DAY: u32 = 86_400;

#[test]
fn what_arrives_after_a_long_silence_is_kept_as_long_as_all_else() {
    let mut kept = Kept::new(|settings| settings.keep_age = Some(Duration::from_secs(1_000)));
    kept.put("old", 1);
    kept.pass(DAY);
    assert_eq!(kept.series(), []);
    kept.put("new", 1);
    kept.pass(100);
    for _ in 0..2 {
        assert_eq!(kept.series(), [("new".to_owned(), 1)]);
        kept = kept.killed();
    }
    kept.pass(900);
    assert_eq!(kept.series().len(), 1);
    kept.pass(400);
    assert_eq!(kept.series(), []);
}

#[test]
fn what_arrives_after_a_silence_of_its_series_is_kept_as_long_as_all_else() {
    for is_killed in [false, true] {
        let mut kept = Kept::new(|settings| settings.keep_age = Some(Duration::from_secs(1_000)));
        kept.put("k", 1);
        kept.pass(100);
        kept.pass(1_000);
        if is_killed {
            kept = kept.killed();
        }
        (2..5).for_each(|timestamp| kept.put("k", timestamp));
        kept.pass(100);
        kept.pass(900);
        assert!(kept.timestamps("k").ends_with(&[2, 3, 4]), "{:?}", kept.timestamps("k"));
        kept.pass(500);
        assert_eq!(kept.series(), []);
    }
}

#[test]
fn what_arrives_rarely_goes_as_all_else() {
    let kept = Kept::new(|settings| settings.keep_age = Some(Duration::from_secs(1_000)));
    for timestamp in 0..30 {
        kept.put("k", timestamp);
        // As if other series had filled the log.
        kept.store.flush(false).unwrap();
        kept.pass(200);
    }
    // A sixteenth of the age late at most for each of four reasons, and by the silence before the next.
    let left = kept.timestamps("k");
    assert!((5..=10).contains(&left.len()) && left.ends_with(&[29]), "{left:?}");
}

#[test]
fn series_that_got_nothing_for_long_are_forgotten_with_their_keys() {
    let mut kept = Kept::new(|settings| settings.forget = Some(Duration::from_secs(1_000)));
    kept.put("silent", i64::MAX);
    for turn in 0..20 {
        kept.put("busy", turn);
        kept.pass(100);
        kept = kept.killed();
    }
    // That it was forgotten was written before the last kill, so it is not counted again.
    kept.pass(0);
    assert_eq!(kept.series(), [("busy".to_owned(), 20)]);
    assert_eq!(kept.store.handle().counters().series, 1);
    kept.pass(850);
    assert_eq!(kept.series().len(), 1);
    kept.pass(550);
    assert_eq!(kept.series(), []);
    assert_eq!(kept.store.disk_counters().expired, 20);
    assert_eq!(kept.store.disk_counters().forgotten, 1);
    kept.store.close().unwrap();
    assert_eq!(kept.killed().series(), []);
}

#[test]
fn what_was_put_while_the_store_was_busy_is_not_forgotten() {
    let kept = Kept::new(|settings| settings.forget = Some(Duration::from_secs(1_000)));
    kept.put("a", 1);
    NOW.set(NOW.get() + DAY);
    kept.put("a", 2);
    kept.pass(0);
    assert_eq!(kept.series(), [("a".to_owned(), 2)]);
}

/// Of the late series, some samples are loaded from their run, which is written again.
#[test]
fn a_late_put_does_not_make_old_samples_new() {
    let mut kept = Kept::new(|settings| {
        settings.keep_age = Some(Duration::from_secs(1_600));
        settings.layout = Layout::new(1, 3);
    });
    (1..=10).for_each(|timestamp| kept.put("late", timestamp));
    for turn in 1..=9 {
        kept.pass(100);
        kept.put("late", 100 * turn);
    }
    kept.put("late", 2);
    kept.pass(100);
    kept = kept.killed();
    kept.put("late", 3);
    for turn in 10..=19 {
        kept.pass(100);
        kept.put("late", 100 * turn);
    }
    kept.pass(200);
    // The first ones, that is; what was put from 200 s on is kept.
    let listed = kept.timestamps("late");
    assert!(listed[0] > 10 && listed.contains(&800), "{listed:?}");
}
