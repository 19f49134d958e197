//! The forms in which series are sent.

mod csv;
mod json;
mod pickle;
mod raw;

pub(crate) use csv::Csv;
pub(crate) use json::Json;
pub(crate) use pickle::{Pickle, nodes};
pub(crate) use raw::Raw;

use metric_proto::Store;
use metric_query::{Filled, Next, Produce};
use metric_web::Held;

use crate::out::functions::free_some;
use crate::out::series::Series;

/// A form of series, written piece by piece.
pub(crate) trait Form {
    /// Writes what stands before all series.
    fn begin(&self, out: &mut Vec<u8>);
    /// Writes what stands before the points of a series, which is the first one or not.
    fn head(&self, out: &mut Vec<u8>, series: &Series, is_first: bool);
    /// Writes points of a series, from one on.
    fn points(&self, out: &mut Vec<u8>, series: &Series, from: usize, points: &[(i64, f64)]);
    /// Writes what stands behind the points of a series.
    fn tail(&self, out: &mut Vec<u8>, series: &Series);
    /// Writes what stands behind all series.
    fn end(&self, out: &mut Vec<u8>);
}

/// So many points are written at once.
const POINTS: usize = 128;

/// Sends series in a form. It holds their memory until they are sent; each is dropped on its own, since
/// many take long.
pub(crate) struct Sheet<F> {
    form: F,
    series: std::vec::IntoIter<Series>,
    state: State,
    piece: Vec<u8>,
    sent: usize,
    _held: Held,
}

/// What is written next.
enum State {
    Beginning,
    /// A series, which is the first one or not.
    Series(bool),
    /// The points of a series, from one on.
    Points(Series, usize),
    /// Nothing, until the series is dropped, piece by piece.
    Sent(Series),
    Ended,
}

impl<F: Form> Sheet<F> {
    pub(crate) fn new(form: F, series: Vec<Series>, held: Held) -> Self {
        let (series, state) = (series.into_iter(), State::Beginning);
        Self { form, series, state, piece: Vec::new(), sent: 0, _held: held }
    }

    /// Writes the next piece.
    fn write(&mut self) {
        let Self { form, series, state, piece, .. } = self;
        piece.clear();
        self.sent = 0;
        *state = match std::mem::replace(state, State::Ended) {
            State::Beginning => {
                form.begin(piece);
                State::Series(true)
            }
            State::Series(is_first) => match series.next() {
                Some(series) => {
                    form.head(piece, &series, is_first);
                    State::Points(series, 0)
                }
                None => {
                    form.end(piece);
                    State::Ended
                }
            },
            State::Points(series, from) => {
                let points: Vec<_> = series.points(from).take(POINTS).collect();
                if points.is_empty() {
                    form.tail(piece, &series);
                    State::Sent(series)
                } else {
                    form.points(piece, &series, from, &points);
                    State::Points(series, from + points.len())
                }
            }
            State::Sent(series) if series.values.is_empty() => State::Series(false),
            State::Sent(mut series) => {
                free_some(&mut series.values);
                State::Sent(series)
            }
            State::Ended => State::Ended,
        };
    }
}

impl<F: Form> Produce for Sheet<F> {
    fn fill<T: Store>(&mut self, _: &mut T, output: &mut [u8]) -> Filled {
        let mut bytes = 0;
        loop {
            let rest = self.piece.get(self.sent..).unwrap_or_default();
            let room = output.get_mut(bytes..).unwrap_or_default();
            let length = rest.len().min(room.len());
            if let (Some(place), Some(rest)) = (room.get_mut(..length), rest.get(..length)) {
                place.copy_from_slice(rest);
            }
            bytes += length;
            self.sent += length;
            if self.sent < self.piece.len() {
                return Filled { bytes, next: Next::More };
            }
            if matches!(self.state, State::Ended) {
                return Filled { bytes, next: Next::Done };
            }
            let is_freed = matches!(self.state, State::Sent(_));
            self.write();
            if is_freed && matches!(self.state, State::Sent(_)) {
                return Filled { bytes, next: Next::More };
            }
        }
    }
}
