//! Long series. A store may keep their old samples in another form than the new ones.

use metric_proto::{FixedStore, Position, Scan, Store};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{Row, put, query, rows, scan};

/// The bound of a series in [`check_long_series`].
pub const LONG: usize = 1_000;

/// Successive puts, with `step` between their timestamps.
#[derive(Clone, Debug)]
struct Burst {
    start: i64,
    step: i64,
    count: i64,
    value: f64,
}

/// Checks a kind of store against [`FixedStore`]; `make` creates an empty one for one series of
/// [`LONG`] samples. Bursts of puts append, insert, replace and evict, forwards and backwards.
///
/// # Panics
///
/// If the two stores return, show or count different things.
pub fn check_long_series<S: Store>(make: impl Fn() -> S) {
    let config = Config { cases: 32, failure_persistence: None, ..Config::default() };
    let checked = TestRunner::new(config).run(&vec(burst(), 1..20), |bursts| {
        let (mut store, mut plain) = (make(), Box::new(FixedStore::<1, LONG, 1>::new()));
        for burst in bursts {
            check_burst(&mut store, &mut *plain, &burst);
        }
        Ok(())
    });
    checked.unwrap_or_else(|failure| panic!("{failure}"));
}

fn burst() -> impl Strategy<Value = Burst> {
    let value = prop_oneof![any::<i32>().prop_map(|cents| f64::from(cents) / 100.0), any::<f64>()]
        .prop_filter("finite", |value| value.is_finite());
    (-1_000..1_000_i64, -3..=3_i64, 1..400_i64, value)
        .prop_map(|(start, step, count, value)| Burst { start, step, count, value })
}

fn check_burst(store: &mut impl Store, plain: &mut impl Store, burst: &Burst) {
    for number in 0..burst.count {
        let (value, time) = (burst.value + number as f64, burst.start + number * burst.step);
        assert_eq!(put(store, "a", value, time), put(plain, "a", value, time));
    }
    assert_eq!(rows(store, "*"), rows(plain, "*"));
    assert_eq!(store.counters(), plain.counters());
    assert_eq!(rows_in_steps(store), rows(plain, "a"));
}

fn rows_in_steps(store: &impl Store) -> Vec<Row> {
    let (mut shown, mut position) = (Vec::new(), Position::START);
    loop {
        let (rows, end) = scan(store, &query("a"), position, LONG / 9);
        shown.extend(rows);
        match end {
            Scan::Stopped(stopped) => position = stopped,
            end => break assert_eq!(end, Scan::Done),
        }
    }
    shown
}
