//! The samples of each series between two times.

use metric_proto::Store;

use crate::budget::Budget;
use crate::listing::{Listing, Sheet};
use crate::produce::{Filled, Produce};
use crate::samples::Samples;
use crate::select::Select;
use crate::style::Style;
use crate::turn::Turn;
use crate::window::Window;

/// Fills a reply with the samples of each series that are in a window. A series without such
/// samples is left out.
///
/// Series whose keys are longer than `KEY` are left out, too.
#[derive(Clone, Debug)]
pub struct Range<S, const KEY: usize>(Listing<S, Samples, KEY>);

impl<S: Select, const KEY: usize> Range<S, KEY> {
    /// Creates a reply that was not begun.
    #[must_use]
    pub const fn new(select: S, window: Window, style: Style, budget: Budget) -> Self {
        Self(Listing::new(select, Samples::ALL, window, Sheet::new(style.without_gauges(), budget)))
    }
}

impl<S: Select, const KEY: usize> Produce for Range<S, KEY> {
    fn fill<T: Store>(&mut self, store: &mut T, output: &mut [u8]) -> Filled {
        self.0.fill(store, &mut Turn::new(), output)
    }
}
