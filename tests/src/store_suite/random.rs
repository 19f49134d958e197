//! Random operations, on which a store must agree with the model.

use metric_proto::Store;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::model::{Asked, Change, KEYS, Keys, Operation, check_operations};
use super::{Bounded, SAMPLES};

/// Checks a kind of store on random operations; `make` is that of [`check_store`](super::check_store).
/// Each scan goes on where it stopped, once.
///
/// # Panics
///
/// If the store does not agree with the model.
pub fn check_random_operations<S: Store>(make: impl Fn() -> S) {
    check(Config::default(), Bounded::Exactly, make);
}

/// Does that for a store without bounds, with so many cases.
///
/// # Panics
///
/// If the store does not agree with the model.
pub fn check_unbounded_operations<S: Store>(cases: u32, make: impl Fn() -> S) {
    check(Config::with_cases(cases), Bounded::Not, make);
}

fn check<S: Store>(config: Config, bounded: Bounded, make: impl Fn() -> S) {
    println!("random operations agree with a model");
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..config });
    let checked = runner.run(&vec(operation(), 1..200), |operations| {
        check_operations(make(), operations, bounded);
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{failure}"));
}

fn operation() -> impl Strategy<Value = Operation> {
    let key = || 0..KEYS.len();
    let ends = || prop_oneof![Just(i64::MIN), Just(i64::MAX)];
    let timestamp = move || prop_oneof![6 => -9..9_i64, 3 => any::<i64>(), 1 => ends()];
    let value = any::<f64>().prop_filter("finite", |value| value.is_finite());
    let put = (key(), timestamp(), value).prop_map(|(key, timestamp, value)| Change::Put {
        key,
        timestamp,
        value,
    });
    let change = prop_oneof![5 => put, 1 => key().prop_map(Change::Remove)].boxed();
    let keys =
        prop_oneof![Just(Keys::All), key().prop_map(Keys::One), key().prop_map(Keys::Prefix)];
    let until = prop_oneof![Just(i64::MAX), timestamp()];
    let since = prop_oneof![Just(i64::MIN), timestamp()];
    let newest = prop_oneof![Just(usize::MAX), 0..SAMPLES + 2];
    let asked = (keys, since, until, newest).prop_map(|(keys, since, until, newest)| Asked {
        keys,
        since,
        until,
        newest,
    });
    let scan = (asked, 1..5_usize, vec(change.clone(), 0..4))
        .prop_map(|(asked, step, meanwhile)| Operation::Scan { asked, step, meanwhile });
    prop_oneof![4 => change.prop_map(Operation::Change), 1 => scan]
}
