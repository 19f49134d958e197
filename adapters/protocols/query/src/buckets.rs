//! The samples of each series, as a bounded number of buckets.

use core::ops::ControlFlow::{Break, Continue};

use metric_proto::{Aggregate, Sample, Store, Summary};

use crate::bucket::Bucket;
use crate::budget::{Bound, Budget};
use crate::end::End;
use crate::grid::Grid;
use crate::listing::{Listing, Rows, Sheet};
use crate::produce::{Filled, Next, Produce};
use crate::select::Select;
use crate::style::Style;
use crate::turn::Turn;
use crate::walk::Stopped;
use crate::window::Window;
use crate::writer::Writer;

/// Fills a reply with buckets of samples: of each its start, the smallest and the largest value, the
/// mean, the first and the last value, and the number of samples.
///
/// There are no lines of buckets: they are CSV then. Series whose keys are longer than `KEY` are left
/// out.
#[derive(Clone, Debug)]
pub struct Buckets<S, const KEY: usize> {
    listing: Listing<S, Cells, KEY>,
    span: Span,
    points: usize,
    /// The series that were measured, until all were.
    measured: Option<usize>,
}

/// From when until when, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    from: Option<i64>,
    until: Option<i64>,
    /// The oldest and the newest sample that was found in it.
    found: Option<(i64, i64)>,
}

impl<S: Select, const KEY: usize> Buckets<S, KEY> {
    /// Creates a reply that was not begun, of at most `points` buckets of each series. If a time is
    /// missing, it is that of the oldest or the newest sample.
    #[must_use]
    pub fn new(
        select: S,
        (from, until): (Option<i64>, Option<i64>),
        points: usize,
        style: Style,
        budget: Budget,
    ) -> Self {
        let span = Span { from, until, found: None };
        let style = style.without_lines();
        let listing =
            Listing::new(select, Cells::default(), Window::ALL, Sheet::new(style, budget));
        let mut buckets = Self { listing, span, points, measured: Some(0) };
        if let (Some(from), Some(until)) = (from, until) {
            buckets.begin((from <= until).then_some((from, until)));
        }
        buckets
    }

    /// Begins to read, between these times.
    fn begin(&mut self, span: Option<(i64, i64)>) {
        self.measured = None;
        self.listing.walk.restart();
        match span {
            Some((from, until)) => {
                let grid = Grid::new(from, until, self.points);
                self.listing.window = Window::from(grid);
                self.listing.rows = Cells { grid: Some(grid), open: None };
            }
            None => self.listing.end(End::Complete),
        }
    }

    /// Looks for the oldest and the newest sample. Breaks with what it needs to go on.
    fn measure<T: Store>(&mut self, store: &T, turn: &mut Turn, measured: usize) -> Option<Next> {
        let (span, most) = (&mut self.span, self.listing.budget().series);
        let mut measured = measured;
        let stopped = self.listing.walk.run(store, turn, &mut |_, summary| {
            measured += usize::from(span.measure(&summary));
            if measured > most { Break(()) } else { Continue(()) }
        });
        self.measured = Some(measured);
        match stopped {
            Stopped::AtEnd => self.begin(self.span.bounds()),
            Stopped::ByTurn => return Some(Next::More),
            Stopped::NotYet => return Some(Next::Wait),
            Stopped::ByVisit => {
                let exceeded = self.listing.budget().exceeded(Bound::Series);
                self.stop(End::Exceeded(exceeded));
            }
            Stopped::Refused => self.stop(End::Unavailable),
        }
        None
    }

    fn stop(&mut self, end: End) {
        self.measured = None;
        self.listing.end(end);
    }
}

impl<S: Select, const KEY: usize> Produce for Buckets<S, KEY> {
    fn fill<T: Store>(&mut self, store: &mut T, output: &mut [u8]) -> Filled {
        let mut turn = Turn::new();
        if let Some(measured) = self.measured
            && let Some(next) = self.measure(store, &mut turn, measured)
        {
            return Filled { bytes: 0, next };
        }
        self.listing.fill(store, &mut turn, output)
    }
}

impl Span {
    /// Notes the samples of a series; returns whether it may have some in the span.
    fn measure(&mut self, summary: &Summary) -> bool {
        let (first, last) = (summary.first.timestamp(), summary.last.timestamp());
        if self.from.is_some_and(|from| last < from) || self.until.is_some_and(|it| it < first) {
            return false;
        }
        let (oldest, newest) = self.found.unwrap_or((first, last));
        self.found = Some((oldest.min(first), newest.max(last)));
        true
    }

    fn bounds(&self) -> Option<(i64, i64)> {
        let (oldest, newest) = self.found?;
        Some((self.from.unwrap_or(oldest), self.until.unwrap_or(newest)))
    }
}

/// Each bucket is a row.
#[derive(Clone, Copy, Debug, Default)]
struct Cells {
    /// `None` if there is no bucket.
    grid: Option<Grid>,
    open: Option<Bucket>,
}

impl Cells {
    /// Begins a bucket; returns the one before.
    fn turn(&mut self, at: i64, begin: impl FnOnce((i64, i64)) -> Bucket) -> Option<Bucket> {
        self.open.replace(begin(self.grid?.interval(at)))
    }
}

impl Rows for Cells {
    type Row = Bucket;
    type Head = Option<Grid>;
    const BOUND: Option<Bound> = Some(Bound::Points);
    const NAME: &'static [u8] = b", \"buckets\": [";
    const HEADER: &'static [u8] = b"key,timestamp,min,max,mean,first,last,count\n";

    fn grid(&self) -> Option<Grid> {
        self.grid
    }

    fn take(&mut self, samples: &[Sample]) -> (usize, Option<Bucket>) {
        let taken = self.open.as_mut().map_or(0, |bucket| {
            let rest = samples.iter().position(|sample| sample.timestamp() > bucket.end);
            let taken = rest.unwrap_or(samples.len());
            bucket.add(samples.get(..taken).unwrap_or_default());
            taken
        });
        match samples.get(taken) {
            None => (taken, None),
            Some(&next) => (taken + 1, self.turn(next.timestamp(), |at| Bucket::new(at, next))),
        }
    }

    fn take_aggregate(&mut self, all: &Aggregate) -> Option<Bucket> {
        let at = all.first.timestamp();
        match &mut self.open {
            Some(bucket) if at <= bucket.end => {
                bucket.add_aggregate(all);
                None
            }
            _ => self.turn(at, |interval| Bucket::of(interval, all)),
        }
    }

    fn finish(&mut self) -> Option<Bucket> {
        self.open.take()
    }

    fn head(&self) -> Option<Grid> {
        self.grid
    }

    fn write_head(grid: &Option<Grid>, out: &mut Writer<'_>, style: Style) {
        out.put(b"\"width\": ");
        style.length(out, grid.map_or(1, |grid| grid.width()));
        let Some(grid) = grid else { return out.put(b", \"from\": null, \"until\": null, ") };
        let (from, until) = grid.ends();
        out.put(b", \"from\": ");
        style.time(out, from);
        out.put(b", \"until\": ");
        style.time(out, until);
        out.put(b", ");
    }

    fn write_json(bucket: &Bucket, out: &mut Writer<'_>, style: Style) {
        out.put(b"[");
        style.time(out, bucket.start);
        for value in bucket.values() {
            out.put(b", ");
            out.value(value);
        }
        out.put(b", ");
        out.natural(bucket.count);
        out.put(b"]");
    }

    fn write_fields(bucket: &Bucket, out: &mut Writer<'_>, separator: &[u8]) {
        out.put(separator);
        out.integer(bucket.start);
        for value in bucket.values() {
            out.put(separator);
            out.value(value);
        }
        out.put(separator);
        out.natural(bucket.count);
    }
}
