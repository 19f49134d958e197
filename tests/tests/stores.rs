//! Every store passes the one suite.

use std::cell::RefCell;

use metric_memory::{Layout, MemoryStore};
use metric_proto::{FixedStore, Key, Refused, Sample, Store};
use metric_tests::store_suite::{
    LONG, SAMPLES, SERIES, check_long_series, check_shared_store, check_store,
};

/// A layout with few shards, since many stores with the default number take too much time and memory.
const FEW: Layout = Layout::new(4, 128);

#[test]
fn the_fixed_store_passes_the_suite() {
    check_store(FixedStore::<SERIES, SAMPLES, 16>::new);
}

#[test]
fn a_fixed_store_in_a_cell_passes_the_suite() {
    check_store(|| {
        let cell = RefCell::new(FixedStore::<SERIES, SAMPLES, 16>::new());
        &*Box::leak(Box::new(cell))
    });
}

#[test]
fn the_memory_store_passes_the_suite() {
    check_store(|| laid_out(FEW));
}

#[test]
fn the_memory_store_passes_the_suite_however_it_is_laid_out() {
    for (run, shards) in (2..SAMPLES).zip([1, 2, 3, 64].into_iter().cycle()) {
        check_store(|| laid_out(Layout::new(shards, run)));
    }
}

#[test]
fn a_batch_of_the_memory_store_passes_the_suite_by_itself() {
    for shards in [1, 2, 64] {
        check_store(|| Box::leak(Box::new(laid_out(Layout::new(shards, 2)))).batch());
    }
}

#[test]
fn a_long_series_of_the_memory_store_is_what_it_is_in_a_plain_one() {
    for run in [3, 128] {
        let layout = Layout::new(4, run);
        check_long_series(|| &*Box::leak(Box::new(MemoryStore::with_layout(layout, 1, LONG))));
    }
}

#[test]
fn the_memory_store_is_the_same_to_all_threads() {
    for shards in [1, 64] {
        check_shared_store(|| laid_out(Layout::new(shards, 2)));
    }
}

fn laid_out(layout: Layout) -> &'static MemoryStore {
    Box::leak(Box::new(MemoryStore::with_layout(layout, SERIES, SAMPLES)))
}

#[test]
fn a_fixed_store_refuses_a_key_that_it_has_no_room_for() {
    let mut store = FixedStore::<1, 1, 4>::new();
    let sample = Sample::new(1.0, 1).unwrap();
    assert_eq!(store.put(Key::new("12345").unwrap(), sample), Err(Refused::KeyTooLong));
    assert_eq!(store.put(Key::new("1234").unwrap(), sample), Ok(()));
    assert_eq!((store.counters().key_too_long, store.counters().series), (1, 1));
}
