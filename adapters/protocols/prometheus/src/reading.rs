//! The series and samples that a request of remote read asks for, in turns.
//!
//! ```text
//! Searching ── all series found ──▶ Reading ── all read ──▶ the next query, or Ended
//! ```

use std::collections::{BTreeSet, btree_set};
use std::ops::ControlFlow::{Break, Continue};

use metric_proto::{
    Key, LONGEST_KEY, Position, Query, Request, Scan, Selector, Series, Store, Summary,
};
use metric_query::{Bound, Budget, Exceeded, Next, Search, TimeUnit};

use crate::labels::order;
use crate::matcher::Matchers;
use crate::request::ReadQuery;
use crate::time::{to_milliseconds, window};

/// The form of a reply.
pub(crate) trait Form {
    /// A series begins.
    fn begin(&mut self, query: usize, key: &str);
    /// A sample of the series follows, later than the one before it.
    fn sample(&mut self, time: i64, value: f64);
    /// The series ends.
    fn end(&mut self);
    /// The query ends.
    fn end_query(&mut self);
    /// Whether something has to be sent before more can be taken.
    fn is_full(&self) -> bool;
}

/// Reads the series of all queries, in the order of their labels: a reader merges them with its own.
#[derive(Debug)]
pub(crate) struct Reading<F> {
    pub(crate) form: F,
    queries: std::vec::IntoIter<ReadQuery>,
    /// The number of the query.
    number: usize,
    /// The timestamps that are asked for.
    window: (i64, i64),
    state: State,
    /// The memory of the found series.
    size: usize,
    unit: TimeUnit,
    budget: Budget,
    left: Budget,
}

#[derive(Debug)]
enum State {
    Searching { search: Box<Search<Matchers, LONGEST_KEY>>, found: BTreeSet<Found> },
    Reading { rest: btree_set::IntoIter<Found>, open: Option<Open> },
    Ended,
}

/// A key, behind what orders it.
type Found = (Box<[u8]>, Box<str>);

/// How much memory a key takes where it is found, besides its bytes and those of its order.
const FOUND: usize = 64;

/// A series that is being read.
#[derive(Debug)]
struct Open {
    key: Box<str>,
    from: Position,
    /// The sample that follows, unless there is another one of the same millisecond.
    next: Option<(i64, f64)>,
    begun: bool,
    /// Whether all its samples were read.
    read: bool,
}

/// What is left of a turn.
pub(crate) struct Left {
    samples: usize,
    series: usize,
}

impl Left {
    pub(crate) const fn turn() -> Self {
        Self { samples: 4_096, series: 256 }
    }
}

impl<F: Form> Reading<F> {
    pub(crate) fn new(queries: Vec<ReadQuery>, form: F, unit: TimeUnit, budget: Budget) -> Self {
        let mut reading = Self {
            form,
            queries: queries.into_iter(),
            number: 0,
            window: (0, 0),
            state: State::Ended,
            size: 0,
            unit,
            budget,
            left: budget,
        };
        reading.begin_query();
        reading
    }

    /// Returns how much memory the found series of the query take.
    pub(crate) const fn size(&self) -> usize {
        self.size
    }

    fn begin_query(&mut self) {
        self.size = 0;
        self.state = match self.queries.next() {
            None => State::Ended,
            Some(query) => {
                self.window = window((query.start, query.end), self.unit);
                let search = Box::new(Search::new(query.matchers));
                State::Searching { search, found: BTreeSet::new() }
            }
        };
    }

    /// Goes on for the rest of a turn, or until the form is full.
    pub(crate) fn run<S: Store>(&mut self, store: &mut S, left: &mut Left) -> Next {
        while !matches!(self.state, State::Ended) {
            if self.form.is_full() || left.samples == 0 || left.series == 0 {
                return Next::More;
            }
            let next = match &self.state {
                State::Searching { .. } => self.search(store, left),
                _ => self.read(store, left),
            };
            if next != Next::More {
                return next;
            }
        }
        if self.form.is_full() { Next::More } else { Next::Done }
    }

    /// Searches for a turn, which it takes whole.
    fn search<S: Store>(&mut self, store: &S, left: &mut Left) -> Next {
        let State::Searching { search, found } = &mut self.state else { return Next::More };
        let (window, most, size) = (self.window, self.left.series, &mut self.size);
        left.series = 0;
        let next = search.run(store, |key, summary| {
            if may_have(window, &summary) {
                let order = order(key.as_str());
                *size += order.len() + key.as_str().len() + FOUND;
                found.insert((order, key.as_str().into()));
            }
            if found.len() > most { Break(()) } else { Continue(()) }
        });
        match next {
            Next::Done if found.len() > most => self.exceeded(Bound::Series),
            Next::Done => {
                self.left.series -= found.len();
                let rest = std::mem::take(found).into_iter();
                self.state = State::Reading { rest, open: None };
                Next::More
            }
            other => other,
        }
    }

    /// Reads samples of one series.
    fn read<S: Store>(&mut self, store: &mut S, left: &mut Left) -> Next {
        let State::Reading { rest, open } = &mut self.state else { return Next::More };
        let series = open.take().or_else(|| rest.next().map(|(_, key)| Open::new(key)));
        let Some(mut series) = series else {
            self.end_query();
            return Next::More;
        };
        if series.read {
            series.end(&mut self.form, self.number);
            return Next::More;
        }
        left.series -= 1;
        let scan = self.scan(store, &mut series, left);
        let next = self.went(store, &mut series, scan);
        if let State::Reading { open, .. } = &mut self.state {
            *open = Some(series);
        }
        next
    }

    /// Passes on samples of a series, until the turn is over or the form is full.
    fn scan<S: Store>(&mut self, store: &S, series: &mut Open, left: &mut Left) -> Scan {
        let Self { form, number, unit, window: (since, until), .. } = self;
        let Open { key, from, next, begun, .. } = series;
        let Ok(key) = Key::new(key) else { return Scan::Done };
        let query =
            Query { series: Series::Key(key), since: *since, until: *until, newest: usize::MAX };
        let (most, mut taken) = (left.samples.min(self.left.samples), 0);
        let scan = store.scan(&query, *from, |key, sample| {
            if taken == most || form.is_full() {
                return Break(());
            }
            taken += 1;
            let time = to_milliseconds(sample.timestamp(), *unit);
            if let Some((before, value)) = next.replace((time, sample.value()))
                && before != time
            {
                put(form, (*number, key.as_str()), begun, (before, value));
            }
            Continue(())
        });
        left.samples -= taken;
        self.left.samples -= taken;
        scan
    }

    /// Notes where the scan of a series goes on.
    fn went<S: Store>(&self, store: &mut S, series: &mut Open, scan: Scan) -> Next {
        match scan {
            // The form may have no room for the last sample.
            Scan::Done => series.read = true,
            Scan::Stopped(_) if self.left.samples == 0 => return self.exceeded(Bound::Samples),
            Scan::Stopped(from) => series.from = from,
            Scan::NotYet(from) => {
                series.from = from;
                if let Ok(key) = Key::new(&series.key) {
                    store.want(Request::Get(Selector::Key(key)), from);
                }
                return Next::Wait;
            }
            Scan::Refused => return Next::Unavailable,
        }
        Next::More
    }

    fn end_query(&mut self) {
        self.form.end_query();
        self.number += 1;
        self.begin_query();
    }

    fn exceeded(&self, bound: Bound) -> Next {
        let limit = match bound {
            Bound::Series => self.budget.series,
            _ => self.budget.samples,
        };
        Next::Exceeded(Exceeded { bound, limit })
    }
}

impl Open {
    fn new(key: Box<str>) -> Self {
        Self { key, from: Position::START, next: None, begun: false, read: false }
    }

    fn end(mut self, form: &mut impl Form, query: usize) {
        if let Some(last) = self.next.take() {
            put(form, (query, &self.key), &mut self.begun, last);
            form.end();
        }
    }
}

/// Passes a sample on, and before it the series, if it is the first one.
fn put(form: &mut impl Form, (query, key): (usize, &str), begun: &mut bool, sample: (i64, f64)) {
    if !std::mem::replace(begun, true) {
        form.begin(query, key);
    }
    form.sample(sample.0, sample.1);
}

/// Whether a series may have a sample between two timestamps.
pub(crate) fn may_have((from, until): (i64, i64), summary: &Summary) -> bool {
    from <= summary.last.timestamp() && summary.first.timestamp() <= until
}

#[cfg(test)]
mod tests;
