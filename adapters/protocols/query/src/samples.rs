//! Samples as rows: all of a series, or the newest one alone.

use metric_proto::{Aggregate, Sample};

use crate::budget::Bound;
use crate::grid::Grid;
use crate::listing::Rows;
use crate::style::Style;
use crate::writer::Writer;

/// Each sample is a row. One type for both kinds of replies, since a board has the code of each type
/// once.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Samples {
    of_series: OfSeries,
    /// The time that JSON tells.
    now: Option<i64>,
}

/// Which samples of a series are rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OfSeries {
    All,
    Newest,
}

impl Samples {
    pub(crate) const ALL: Self = Self { of_series: OfSeries::All, now: None };
    pub(crate) const NEWEST: Self = Self { of_series: OfSeries::Newest, now: None };

    /// Has JSON tell the time.
    pub(crate) fn tell(&mut self, now: i64) {
        self.now = Some(now);
    }
}

impl Rows for Samples {
    type Row = Sample;
    type Head = Option<i64>;
    const BOUND: Option<Bound> = None;
    const NAME: &'static [u8] = b", \"samples\": [";
    const HEADER: &'static [u8] = b"key,value,timestamp\n";
    const FAMILY: &'static [u8] =
        b"# HELP metric_last The newest sample of a series.\n# TYPE metric_last gauge\n";

    fn only(&self, newest: Sample) -> Option<Sample> {
        (self.of_series == OfSeries::Newest).then_some(newest)
    }

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

    fn head(&self) -> Option<i64> {
        self.now
    }

    fn write_head(now: &Option<i64>, out: &mut Writer<'_>, style: Style) {
        if let Some(now) = now {
            out.put(b"\"now\": ");
            style.time(out, *now);
            out.put(b", ");
        }
    }

    fn write_json(row: &Sample, out: &mut Writer<'_>, style: Style) {
        out.sample(*row, style);
    }

    fn write_fields(row: &Sample, out: &mut Writer<'_>, separator: &[u8]) {
        out.value_and_time(*row, separator);
    }

    fn write_gauge(row: &Sample, out: &mut Writer<'_>, key: &[u8]) {
        out.put(b"metric_last{key=");
        // Its escapes are those of JSON.
        out.json(key);
        out.put(b"} ");
        out.value(row.value());
    }
}
