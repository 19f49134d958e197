//! The newest sample of each series.

use metric_proto::Store;

use crate::budget::Budget;
use crate::listing::{Listing, Sheet};
use crate::produce::{Filled, Produce};
use crate::samples::Samples;
use crate::select::Select;
use crate::style::Style;
use crate::turn::Turn;
use crate::window::Window;

/// Fills a reply with the newest sample of each series.
///
/// Series whose keys are longer than `KEY` are left out.
#[derive(Clone, Debug)]
pub struct Last<S, const KEY: usize>(Listing<S, Samples, KEY>);

impl<S: Select, const KEY: usize> Last<S, KEY> {
    /// Creates a reply that was not begun.
    #[must_use]
    pub const fn new(select: S, style: Style, budget: Budget) -> Self {
        Self(Listing::new(select, Samples::NEWEST, Window::ALL, Sheet::new(style, budget)))
    }

    /// Has JSON begin with the present time, as the field `now`.
    #[must_use]
    pub fn at(mut self, now: i64) -> Self {
        self.0.rows.tell(now);
        self
    }
}

impl<S: Select, const KEY: usize> Produce for Last<S, KEY> {
    fn fill<T: Store>(&mut self, store: &mut T, output: &mut [u8]) -> Filled {
        self.0.fill(store, &mut Turn::new(), output)
    }
}
