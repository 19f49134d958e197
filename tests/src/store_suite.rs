//! The one suite that every store passes: its rules one by one, and random operations against a
//! plain model.

mod aggregates;
mod long;
mod model;
mod puts;
mod queries;
mod random;
mod removal;
mod rows;
mod scans;
mod shared;

use metric_proto::Store;

pub use aggregates::{Intervals, check_aggregates};
pub use long::{LONG, check_long_series};
pub(crate) use model::{Asked, Change, KEYS, Keys, Operation, check_operations};
pub use random::check_random_operations;
use rows::{
    Line, Row, fill, filled, put, query, remove, rest_of, row, rows, scan, series, some_rows,
};
pub use shared::check_shared_store;

/// The bounds of the stores that the suite is given.
pub const SERIES: usize = 4;
/// See [`SERIES`].
pub const SAMPLES: usize = 6;

/// A sentence, and the function that checks it with an empty store.
type Rule<S> = (&'static str, fn(&mut S));

/// Checks a kind of store: `make` creates an empty one of [`SERIES`] series with [`SAMPLES`]
/// samples.
///
/// # Panics
///
/// If a rule does not hold. The output names it.
pub fn check_store<S: Store>(make: impl Fn() -> S) {
    let rules = [puts::rules(), scans::rules(), queries::rules(), removal::rules()];
    for (rule, check) in rules.into_iter().flatten() {
        println!("{rule}");
        check(&mut make());
    }
    check_random_operations(make);
}
