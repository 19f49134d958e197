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
pub use random::{check_random_operations, check_unbounded_operations};
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

/// Whether a store keeps the bounds of the suite, or none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Bounded {
    #[default]
    Exactly,
    Not,
}

/// Checks a kind of store: `make` creates an empty one of [`SERIES`] series with [`SAMPLES`]
/// samples.
///
/// # Panics
///
/// If a rule does not hold. The output names it.
pub fn check_store<S: Store>(make: impl Fn() -> S) {
    check_rules(&make, [puts::rules(), scans::rules(), queries::rules(), removal::rules()]);
    check_rules(&make, [puts::rules_of_bounds(), scans::rules_of_bounds()]);
    check_random_operations(make);
}

/// Checks a kind of store that has no bounds of its own: `make` creates an empty one. `cases` is the number of
/// random cases, since a store on other machines may take long for each.
///
/// # Panics
///
/// If a rule does not hold. The output names it.
pub fn check_unbounded_store<S: Store>(cases: u32, make: impl Fn() -> S) {
    check_rules(&make, [puts::rules(), scans::rules(), queries::rules(), removal::rules()]);
    check_unbounded_operations(cases, make);
}

fn check_rules<S: Store>(make: impl Fn() -> S, rules: impl IntoIterator<Item = Vec<Rule<S>>>) {
    for (rule, check) in rules.into_iter().flatten() {
        println!("{rule}");
        check(&mut make());
    }
}
