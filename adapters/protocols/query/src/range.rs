//! The samples of each series between two times.

use metric_proto::{Aggregate, Sample, Store};

use crate::budget::{Bound, Budget};
use crate::grid::Grid;
use crate::listing::{Listing, Rows, Sheet};
use crate::produce::{Filled, Produce};
use crate::select::Select;
use crate::style::Style;
use crate::turn::Turn;
use crate::window::Window;
use crate::writer::Writer;

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
        Self(Listing::new(select, Samples, window, Sheet::new(style, budget)))
    }
}

impl<S: Select, const KEY: usize> Produce for Range<S, KEY> {
    fn fill<T: Store>(&mut self, store: &mut T, output: &mut [u8]) -> Filled {
        self.0.fill(store, &mut Turn::new(), output)
    }
}

/// Each sample is a row.
#[derive(Clone, Copy, Debug)]
struct Samples;

impl Rows for Samples {
    type Row = Sample;
    type Head = ();
    const BOUND: Option<Bound> = None;
    const NAME: &'static [u8] = b", \"samples\": [";
    const HEADER: &'static [u8] = b"key,value,timestamp\n";

    fn grid(&self) -> Option<Grid> {
        None
    }

    fn take(&mut self, samples: &[Sample]) -> (usize, Option<Sample>) {
        let first = samples.first().copied();
        (usize::from(first.is_some()), first)
    }

    fn take_aggregate(&mut self, aggregate: &Aggregate) -> Option<Sample> {
        // Without a grid, it is of one timestamp.
        Some(aggregate.first)
    }

    fn finish(&mut self) -> Option<Sample> {
        None
    }

    fn head(&self) {}

    fn write_head(_: &(), _: &mut Writer<'_>, _: Style) {}

    fn write_json(row: &Sample, out: &mut Writer<'_>, style: Style) {
        out.sample(*row, style);
    }

    fn write_fields(row: &Sample, out: &mut Writer<'_>, separator: &[u8]) {
        out.value_and_time(*row, separator);
    }
}
