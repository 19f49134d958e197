//! A reply with rows of each selected series, made of its samples.
//!
//! ```text
//! Beginning ─▶ Searching ◀───────────────┐
//!                 │  └─ no more ─▶ Ending │ ─▶ Ended
//!                 ▼                 ▲    │
//!              Reading ─▶ Closing ──┴────┘
//! ```

use core::fmt::Debug;
use core::ops::ControlFlow::{self, Break, Continue};

use metric_proto::{Aggregate, Key, Portion, Position, Request, Sample, Scan, Selector, Store};

use crate::budget::{Bound, Budget};
use crate::end::End;
use crate::grid::Grid;
use crate::pending::{Item, Pending};
use crate::produce::{Filled, Next};
use crate::select::Select;
use crate::style::{Format, Style};
use crate::turn::Turn;
use crate::walk::{Stopped, Walk};
use crate::window::Window;
use crate::writer::Writer;

/// Makes rows of the samples of a series.
pub(crate) trait Rows: Copy {
    type Row: Copy + Debug;
    /// What stands before the series.
    type Head: Copy + Debug;
    /// The bound on the number of rows, if it is not that of samples.
    const BOUND: Option<Bound>;
    /// What the rows of a series are called in JSON.
    const NAME: &'static [u8];
    /// The first line of CSV.
    const HEADER: &'static [u8];
    /// The first lines of Prometheus' text format, if there are gauges.
    const FAMILY: &'static [u8] = b"";

    /// Returns the row of a series that has only one, of its newest sample.
    fn only(&self, _newest: Sample) -> Option<Self::Row> {
        None
    }
    /// Returns the intervals in which samples may be taken together, if there are any.
    fn grid(&self) -> Option<Grid>;
    /// Takes samples, of which there are some, up to the one that completes a row. Returns the number of
    /// those, and the row.
    fn take(&mut self, samples: &[Sample]) -> (usize, Option<Self::Row>);
    /// Takes samples of one interval; returns the row that is complete.
    fn take_aggregate(&mut self, aggregate: &Aggregate) -> Option<Self::Row>;
    /// Returns the last row of a series, and is as new.
    fn finish(&mut self) -> Option<Self::Row>;
    /// Returns what stands before the series.
    fn head(&self) -> Self::Head;
    /// Writes the fields of JSON that stand before the series.
    fn write_head(head: &Self::Head, out: &mut Writer<'_>, style: Style);
    /// Writes a row of JSON.
    fn write_json(row: &Self::Row, out: &mut Writer<'_>, style: Style);
    /// Writes the fields of a row, with a separator before each.
    fn write_fields(row: &Self::Row, out: &mut Writer<'_>, separator: &[u8]);
    /// Writes the only row of a series as a gauge of Prometheus.
    fn write_gauge(_row: &Self::Row, _out: &mut Writer<'_>, _key: &[u8]) {}
}

/// Fills a reply with the rows of each series.
#[derive(Clone, Debug)]
pub(crate) struct Listing<S, R: Rows, const KEY: usize> {
    pub(crate) walk: Walk<S, KEY>,
    pub(crate) rows: R,
    pub(crate) window: Window,
    sheet: Sheet<R>,
    state: State,
}

#[derive(Clone, Copy, Debug)]
enum State {
    /// Before the head. The reply ends behind it, or it does not.
    Beginning {
        end: Option<End>,
    },
    Searching,
    /// In the series at which the walk is.
    Reading {
        from: Position,
        open: Open,
    },
    /// Behind the samples of a series. The reply ends there, or it does not.
    Closing {
        open: Open,
        end: Option<End>,
    },
    Ending(End),
    Ended(End),
}

/// Whether a row of a series was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    No,
    Yes,
}

impl<S: Select, R: Rows, const KEY: usize> Listing<S, R, KEY> {
    pub(crate) const fn new(select: S, rows: R, window: Window, sheet: Sheet<R>) -> Self {
        Self { walk: Walk::new(select), rows, window, sheet, state: State::Beginning { end: None } }
    }

    /// Ends the reply behind its head.
    pub(crate) fn end(&mut self, end: End) {
        self.state = State::Beginning { end: Some(end) };
    }

    /// Returns the bounds.
    pub(crate) const fn budget(&self) -> &Budget {
        &self.sheet.budget
    }

    pub(crate) fn fill<T: Store>(
        &mut self,
        store: &mut T,
        turn: &mut Turn,
        output: &mut [u8],
    ) -> Filled {
        let mut out = Writer::new(output);
        self.sheet.pending.flush(&mut out, (self.walk.key(), self.sheet.style));
        let next = loop {
            if self.sheet.pending.is_some() {
                break Next::More;
            }
            if let Break(next) = self.step(store, turn, &mut out) {
                break next;
            }
        };
        Filled { bytes: out.written(), next }
    }

    fn step<T: Store>(
        &mut self,
        store: &mut T,
        turn: &mut Turn,
        out: &mut Writer<'_>,
    ) -> ControlFlow<Next> {
        match self.state {
            State::Beginning { end } => {
                self.write(out, Part::Head(self.rows.head()));
                self.state = end.map_or(State::Searching, State::Ending);
            }
            State::Searching => self.state = self.search(store, turn, out)?,
            State::Reading { from, open } => return self.read((store, turn, out), from, open),
            State::Closing { open, end } => self.state = self.close(out, open, end),
            State::Ending(end) => {
                self.write(out, Part::Tail(end));
                self.state = State::Ended(end);
            }
            State::Ended(end) => return Break(end.into()),
        }
        Continue(())
    }

    fn write(&mut self, out: &mut Writer<'_>, part: Part<R>) {
        self.sheet.pending.write(out, part, (self.walk.key(), self.sheet.style));
    }

    /// Finds the next series whose samples are to be read. Writes those before it that have only one
    /// row.
    fn search<T: Store>(
        &mut self,
        store: &T,
        turn: &mut Turn,
        out: &mut Writer<'_>,
    ) -> ControlFlow<Next, State> {
        let Self { walk, rows, window, sheet, .. } = self;
        let mut over = false;
        let stopped = walk.run(store, turn, &mut |key, summary| {
            if !window.may_have(&summary) {
                return Continue(());
            }
            over = !sheet.left.take(Bound::Series);
            let Some(row) = rows.only(summary.last).filter(|_| !over) else { return Break(()) };
            sheet.only(out, key.as_bytes(), row);
            if sheet.pending.is_some() { Break(()) } else { Continue(()) }
        });
        Continue(match stopped {
            Stopped::ByVisit if over => State::Ending(self.sheet.exceeded(Bound::Series)),
            Stopped::ByVisit if self.sheet.pending.is_some() => State::Searching,
            Stopped::ByVisit => State::Reading { from: Position::START, open: Open::No },
            Stopped::AtEnd => State::Ending(End::Complete),
            Stopped::Refused => State::Ending(End::Unavailable),
            Stopped::ByTurn => return Break(Next::More),
            Stopped::NotYet => return Break(Next::Wait),
        })
    }

    /// Makes rows of the samples of a series.
    fn read<T: Store>(
        &mut self,
        (store, turn, out): (&mut T, &mut Turn, &mut Writer<'_>),
        from: Position,
        mut open: Open,
    ) -> ControlFlow<Next> {
        let Self { walk, rows, sheet, .. } = self;
        let Ok(key) = Key::from_bytes(walk.key()) else {
            self.state = State::Searching;
            return Continue(());
        };
        let grid = rows.grid();
        let end_of = |at| grid.map_or(at, |grid| grid.interval(at).1);
        let mut taking = Taking { rows, sheet, turn, out, open: &mut open, over: None };
        let query = self.window.query(key);
        let scan = store.aggregate(&query, from, end_of, |key, portion| match portion {
            Portion::Samples(samples) => taking.take(key.as_bytes(), samples),
            Portion::Aggregate(aggregate) => taking.take_aggregate(key.as_bytes(), &aggregate),
        });
        let over = taking.over;
        let next = match scan {
            _ if over.is_some() => State::Closing { open, end: over },
            Scan::Done => State::Closing { open, end: None },
            Scan::Stopped(_) if sheet.left.samples == 0 && !sheet.pending.is_some() => {
                State::Closing { open, end: Some(sheet.exceeded(Bound::Samples)) }
            }
            Scan::Stopped(from) | Scan::NotYet(from) => State::Reading { from, open },
            Scan::Refused => State::Closing { open, end: Some(End::Unavailable) },
        };
        self.state = next;
        match scan {
            Scan::NotYet(from) if over.is_none() => {
                store.want(Request::Get(Selector::Key(key)), from);
                Break(Next::Wait)
            }
            Scan::Stopped(_) if turn.is_over() => Break(Next::More),
            _ => Continue(()),
        }
    }

    /// Writes what is left of a series, one part in each call.
    fn close(&mut self, out: &mut Writer<'_>, mut open: Open, end: Option<End>) -> State {
        if let (None, Some(row)) = (end, self.rows.finish()) {
            let end = self.sheet.row(out, self.walk.key(), &mut open, row);
            return State::Closing { open, end };
        }
        if open == Open::Yes {
            self.write(out, Part::Close);
        }
        end.map_or(State::Searching, State::Ending)
    }
}

/// What makes rows of samples and writes them.
struct Taking<'a, 'o, R: Rows> {
    rows: &'a mut R,
    sheet: &'a mut Sheet<R>,
    turn: &'a mut Turn,
    out: &'a mut Writer<'o>,
    open: &'a mut Open,
    /// How the reply has to end, if there may not be more rows.
    over: Option<End>,
}

impl<R: Rows> Taking<'_, '_, R> {
    /// Takes as many samples as it may; breaks with their number if there are more.
    fn take(&mut self, key: &[u8], samples: &[Sample]) -> ControlFlow<usize> {
        let mut rest = samples;
        while !rest.is_empty() {
            let most = rest.get(..self.most()).unwrap_or(rest);
            if most.is_empty() {
                return Break(samples.len() - rest.len());
            }
            let (taken, row) = self.rows.take(most);
            self.turn.samples(taken);
            self.sheet.left.samples -= taken;
            self.write(key, row);
            rest = rest.get(taken..).unwrap_or_default();
        }
        Continue(())
    }

    /// Takes what is read as one sample.
    fn take_aggregate(&mut self, key: &[u8], aggregate: &Aggregate) -> ControlFlow<usize> {
        if self.most() == 0 {
            return Break(0);
        }
        self.turn.aggregate();
        self.sheet.left.samples -= 1;
        let row = self.rows.take_aggregate(aggregate);
        self.write(key, row);
        Continue(())
    }

    fn write(&mut self, key: &[u8], row: Option<R::Row>) {
        if let Some(row) = row {
            self.over = self.sheet.row(self.out, key, self.open, row);
        }
    }

    /// How many samples may be taken now.
    fn most(&self) -> usize {
        match self.over.is_some() || self.sheet.pending.is_some() {
            true => 0,
            false => self.sheet.left.samples.min(self.turn.left()),
        }
    }
}

/// Where rows are written, and how many may be.
#[derive(Clone, Debug)]
pub(crate) struct Sheet<R: Rows> {
    style: Style,
    budget: Budget,
    left: Budget,
    pending: Pending<Part<R>>,
    /// Whether a series was written.
    begun: bool,
}

impl<R: Rows> Sheet<R> {
    pub(crate) const fn new(style: Style, budget: Budget) -> Self {
        Self { style, budget, left: budget, pending: Pending::NONE, begun: false }
    }

    /// Writes a row. Returns how the reply has to end if there may not be that many rows.
    fn row(
        &mut self,
        out: &mut Writer<'_>,
        key: &[u8],
        open: &mut Open,
        row: R::Row,
    ) -> Option<End> {
        if let Some(bound) = R::BOUND
            && !self.left.take(bound)
        {
            return Some(self.exceeded(bound));
        }
        let part = match open {
            Open::No => Part::First { comma: self.begun, row },
            Open::Yes => Part::Row(row),
        };
        (*open, self.begun) = (Open::Yes, true);
        self.pending.write(out, part, (key, self.style));
        None
    }

    /// Writes the only row of a series.
    fn only(&mut self, out: &mut Writer<'_>, key: &[u8], row: R::Row) {
        let part = Part::Only { comma: self.begun, row };
        self.begun = true;
        self.pending.write(out, part, (key, self.style));
    }

    fn exceeded(&self, bound: Bound) -> End {
        End::Exceeded(self.budget.exceeded(bound))
    }
}

/// A part of the reply.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Part<R: Rows> {
    Head(R::Head),
    First { comma: bool, row: R::Row },
    Only { comma: bool, row: R::Row },
    Row(R::Row),
    Close,
    Tail(End),
}

impl<R: Rows> Item for Part<R> {
    fn write(&self, out: &mut Writer<'_>, key: &[u8], style: Style) {
        match style.format {
            Format::Json => self.write_json(out, key, style),
            _ => self.write_line(out, key, style),
        }
    }
}

impl<R: Rows> Part<R> {
    fn write_json(&self, out: &mut Writer<'_>, key: &[u8], style: Style) {
        match self {
            Self::Head(head) => {
                out.put(b"{");
                R::write_head(head, out, style);
                out.put(b"\"series\": [");
            }
            Self::First { comma, row } | Self::Only { comma, row } => {
                let is_only = matches!(self, Self::Only { .. });
                out.put(if *comma { b", {\"key\": " } else { b"{\"key\": " });
                out.json(key);
                out.put(if is_only { b", \"last\": " } else { R::NAME });
                R::write_json(row, out, style);
                out.put(if is_only { b"}" } else { b"" });
            }
            Self::Row(row) => {
                out.put(b", ");
                R::write_json(row, out, style);
            }
            Self::Close => out.put(b"]}"),
            Self::Tail(end) => {
                out.put(b"]");
                end.write_json(out);
            }
        }
    }

    fn write_line(&self, out: &mut Writer<'_>, key: &[u8], style: Style) {
        match self {
            Self::Head(_) if style.format == Format::Csv => out.put(R::HEADER),
            Self::Head(_) if style.format == Format::Prometheus => out.put(R::FAMILY),
            Self::Only { row, .. } if style.format == Format::Prometheus => {
                R::write_gauge(row, out, key);
                out.put(b"\n");
            }
            Self::First { row, .. } | Self::Only { row, .. } | Self::Row(row) => {
                style.key(out, key);
                R::write_fields(row, out, style.separator());
                out.put(b"\n");
            }
            _ => {}
        }
    }
}
