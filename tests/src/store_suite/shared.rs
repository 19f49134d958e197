//! Threads that share a store.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

use metric_proto::{Refused, Store};

use super::{Row, SAMPLES, SERIES, put, row, rows};

/// Checks a kind of store whose handles are used by several threads at once; `make` creates a
/// handle to an empty one of [`SERIES`] series with [`SAMPLES`] samples.
///
/// # Panics
///
/// If the threads do not see the same store.
pub fn check_shared_store<S: Store + Clone + Send + Sync>(make: impl Fn() -> S) {
    what_is_stored_is_seen_from_then_on(&make());
    as_many_keys_get_in_as_there_is_room_for(&make());
    what_threads_are_told_adds_up(&make());
}

/// The number of puts of each thread.
const PUTS: i64 = 3_000;

/// The number of scans of each thread that scans.
const SCANS: usize = 1_000;

/// Each writer fills its own series in ascending order of time. A scan that begins after a put has
/// returned shows its sample or later ones, never less than the scan before, and nothing that was
/// never put.
fn what_is_stored_is_seen_from_then_on<S: Store + Clone + Send + Sync>(store: &S) {
    let stored = [const { AtomicUsize::new(0) }; SERIES];
    thread::scope(|scope| {
        for (number, stored) in stored.iter().enumerate() {
            let mut store = store.clone();
            scope.spawn(move || put_on(&mut store, &number.to_string(), stored));
        }
        for _ in 0..2 {
            let store = store.clone();
            let stored = &stored;
            scope.spawn(move || look_on(&store, stored, SCANS));
        }
    });
    look_on(store, &stored, 1);
}

fn put_on(store: &mut impl Store, key: &str, stored: &AtomicUsize) {
    for time in 0..PUTS {
        assert_eq!(put(store, key, time as f64, time), Ok(()));
        stored.fetch_add(1, SeqCst);
    }
}

fn look_on(store: &impl Store, stored: &[AtomicUsize; SERIES], scans: usize) {
    let mut least = [0; SERIES];
    for _ in 0..scans {
        for (least, stored) in least.iter_mut().zip(stored) {
            *least = stored.load(SeqCst).max(*least);
        }
        let rows = rows(store, "*");
        for (number, least) in least.iter_mut().enumerate() {
            *least = check_newest(&rows, &number.to_string(), *least);
        }
    }
}

/// Fails unless these are the newest samples of a series that got at least `least` puts; returns
/// the number of its puts.
fn check_newest(rows: &[Row], key: &str, least: usize) -> usize {
    let own: Vec<_> = rows.iter().filter(|(other, ..)| other == key).cloned().collect();
    let seen = own.last().map_or(0, |&(_, time, _)| time + 1);
    let oldest = seen.saturating_sub_unsigned(SAMPLES as u64).max(0);
    let expected: Vec<_> = (oldest..seen).map(|time| row(key, time as f64, time)).collect();
    assert_eq!(own, expected);
    assert!(seen as usize >= least, "{seen} samples of {key} are seen, and {least} were before");
    seen as usize
}

/// Threads compete for the last places of the table.
fn as_many_keys_get_in_as_there_is_room_for<S: Store + Clone + Send + Sync>(store: &S) {
    let results = in_threads(store, |store, number| put(store, &number.to_string(), 1.0, 1));
    let taken: Vec<_> = (0..THREADS).filter(|&number| results[number].is_ok()).collect();
    let shown: Vec<_> = taken.iter().map(|number| row(&number.to_string(), 1.0, 1)).collect();
    assert_eq!(rows(store, "*"), shown);
    let counters = store.counters();
    assert_eq!((counters.series, counters.table_full), (SERIES, (THREADS - SERIES) as u64));
    assert!(results.iter().all(|result| matches!(result, Ok(()) | Err(Refused::TableFull))));
}

/// Threads put into one series, each at its own pace: their results must match the counters.
fn what_threads_are_told_adds_up<S: Store + Clone + Send + Sync>(store: &S) {
    let accepted = in_threads(store, |store, number| {
        let times = (0..PUTS).map(|step| step * THREADS as i64 + number as i64);
        times.filter(|&time| put(store, "a", 1.0, time).is_ok()).count() as u64
    });
    let (accepted, counters) = (accepted.iter().sum::<u64>(), store.counters());
    assert_eq!(counters.samples, SAMPLES);
    assert_eq!(accepted, counters.evicted + SAMPLES as u64);
    assert_eq!(THREADS as i64 * PUTS, (accepted + counters.too_old) as i64);
}

/// The number of threads: fewer than ten, so that the byte order of their numbers is the numeric one.
const THREADS: usize = 8;

/// Calls `act` in each thread, with the number of the thread.
fn in_threads<S: Store + Clone + Send, T: Send>(
    store: &S,
    act: impl Fn(&mut S, usize) -> T + Sync,
) -> Vec<T> {
    let act = &act;
    thread::scope(|scope| {
        let start = |number| {
            let mut store = store.clone();
            scope.spawn(move || act(&mut store, number))
        };
        let threads: Vec<_> = (0..THREADS).map(start).collect();
        threads.into_iter().map(|thread| thread.join().expect("it does not panic")).collect()
    })
}
