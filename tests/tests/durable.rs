//! A durable store is a store, whatever is in memory, in logs and in segments.

use metric_tests::patient::{Disturbed, Patient};
use metric_tests::store_suite::{check_random_operations, check_store};

#[test]
fn the_durable_store_passes_the_suite() {
    check_store(|| Patient::new(1, Disturbed::No));
}

#[test]
fn the_durable_store_passes_the_suite_while_it_is_flushed_and_merged() {
    check_store(|| Patient::new(2, Disturbed::Kept));
}

#[test]
fn the_durable_store_is_the_same_after_each_kill() {
    for seed in 0..8 {
        check_random_operations(|| Patient::new(seed, Disturbed::Restarted));
    }
}
