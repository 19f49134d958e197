//! A page of rows, and how it ends.
//!
//! ```text
//! Beginning ─▶ Showing ─▶ Ending ─▶ Ended
//! ```

use crate::end::End;
use crate::name::Name;
use crate::pending::{Item, Pending};
use crate::produce::{Filled, Next};
use crate::style::{Format, Style};
use crate::writer::Writer;

/// A row of a page. It belongs to a key or to another name.
pub(crate) trait Row: Copy {
    /// What the rows are called in JSON, behind `{"`.
    const NAME: &'static [u8];
    /// The first line of CSV.
    const HEADER: &'static [u8];
    /// Whether JSON tells where the next page begins.
    const IS_PAGED: bool;

    /// Writes an object of JSON.
    fn write_json(&self, out: &mut Writer<'_>, name: &[u8], style: Style);
    /// Writes the fields of a line.
    fn write_fields(&self, out: &mut Writer<'_>, name: &[u8], style: Style);
}

/// A page of rows.
#[derive(Clone, Debug)]
pub(crate) struct Page<R, const KEY: usize> {
    style: Style,
    state: State,
    shown: usize,
    /// The name of the last row.
    last: Name<KEY>,
    pending: Pending<Part<R>>,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Beginning,
    Showing,
    Ending(Tail),
    Ended(Next),
}

/// How a page ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Tail {
    /// It is the last one.
    End(End),
    /// There are more rows.
    Full,
}

/// What showing rows has come to.
pub(crate) enum Shown {
    /// A row was written. It may have been cut.
    Row,
    End(Tail),
    Break(Next),
}

impl<R: Row, const KEY: usize> Page<R, KEY> {
    pub(crate) const fn new(style: Style) -> Self {
        let (last, pending) = (Name::EMPTY, Pending::NONE);
        Self { style, state: State::Beginning, shown: 0, last, pending }
    }

    /// Fills the output. `show` shows rows in between.
    pub(crate) fn fill(
        &mut self,
        output: &mut [u8],
        mut show: impl FnMut(&mut Self, &mut Writer<'_>) -> Shown,
    ) -> Filled {
        let mut out = Writer::new(output);
        self.pending.flush(&mut out, (self.last.as_bytes(), self.style));
        let next = loop {
            if self.pending.is_some() {
                break Next::More;
            }
            match self.state {
                State::Beginning => {
                    self.write(&mut out, Part::Head);
                    self.state = State::Showing;
                }
                State::Showing => match show(self, &mut out) {
                    Shown::Row => {}
                    Shown::End(tail) => self.state = State::Ending(tail),
                    Shown::Break(next) => break next,
                },
                State::Ending(tail) => {
                    self.write(&mut out, Part::Tail(tail));
                    self.state = State::Ended(tail.into());
                }
                State::Ended(next) => break next,
            }
        };
        Filled { bytes: out.written(), next }
    }

    /// Writes a row. Returns whether it was written whole: if not, it has to be the last one of this
    /// output.
    pub(crate) fn show(&mut self, out: &mut Writer<'_>, name: &[u8], row: R) -> bool {
        let is_first = self.shown == 0;
        self.last.set(name);
        self.shown += 1;
        self.write(out, Part::Row { is_first, row });
        !self.pending.is_some()
    }

    /// Returns the number of rows.
    pub(crate) const fn shown(&self) -> usize {
        self.shown
    }

    fn write(&mut self, out: &mut Writer<'_>, part: Part<R>) {
        self.pending.write(out, part, (self.last.as_bytes(), self.style));
    }
}

impl From<Tail> for Next {
    fn from(tail: Tail) -> Self {
        match tail {
            Tail::End(end) => end.into(),
            Tail::Full => Self::Done,
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum Part<R> {
    Head,
    Row { is_first: bool, row: R },
    Tail(Tail),
}

impl<R: Row> Item for Part<R> {
    fn write(&self, out: &mut Writer<'_>, name: &[u8], style: Style) {
        match (self, style.format) {
            (Self::Head, Format::Json) => {
                out.put(b"{\"");
                out.put(R::NAME);
                out.put(b"\": [");
            }
            (Self::Head, Format::Csv) => out.put(R::HEADER),
            (Self::Row { is_first, row }, Format::Json) => {
                out.put(if *is_first { b"" } else { b", " });
                row.write_json(out, name, style);
            }
            (Self::Row { row, .. }, _) => {
                row.write_fields(out, name, style);
                out.put(b"\n");
            }
            (Self::Tail(tail), Format::Json) => tail.write_json::<R>(out, name),
            (Self::Head | Self::Tail(_), _) => {}
        }
    }
}

impl Tail {
    fn write_json<R: Row>(self, out: &mut Writer<'_>, last: &[u8]) {
        out.put(b"]");
        let end = match self {
            Self::End(end) => end,
            Self::Full => End::Complete,
        };
        if R::IS_PAGED {
            out.put(b", \"next\": ");
            match self {
                Self::End(_) => out.put(b"null"),
                Self::Full => out.json(last),
            }
        }
        end.write_json(out);
    }
}
