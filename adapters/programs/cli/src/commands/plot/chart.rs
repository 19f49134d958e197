//! What a plot shows, wherever it is drawn: lines and axes in shares of their lengths.

use std::collections::BTreeMap;

use metric_proto::Sample;

use super::axis::{Times, Values};
use super::columns::Columns;
use crate::output::text;
use crate::time::Zone;

/// A plot without a size.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    pub(super) lines: Vec<Line>,
    pub(super) times: Times,
    pub(super) values: Values,
    /// From when to when it is, and by what clock.
    pub(super) caption: String,
}

/// A series.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) name: String,
    /// What is to be joined: points of time and value, 0 to 1 each.
    pub(super) pieces: Vec<Vec<(f64, f64)>>,
}

/// How much can be told along the axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// Characters along the axis of time.
    pub(super) characters: usize,
    /// Ticks on the axis of values.
    pub(super) values: usize,
}

impl Chart {
    /// `since` and `until` bound the time, or the samples do. `None` if there is no sample.
    pub(super) fn new(
        series: &BTreeMap<String, Columns>,
        (since, until): (Option<i64>, Option<i64>),
        room: Room,
        zone: Zone,
    ) -> Option<Self> {
        let pieces: Vec<_> = series.iter().map(|(key, columns)| (key, columns.pieces())).collect();
        let samples = || pieces.iter().flat_map(|(_, pieces)| pieces).flatten();
        let (first, last) = ends(samples().map(|sample| sample.timestamp()), i64::min, i64::max)?;
        let (low, high) = ends(samples().map(|sample| sample.value()), f64::min, f64::max)?;
        let (first, last) = (since.unwrap_or(first), until.unwrap_or(last));
        let dates = zone.date(first).and(zone.date(last)).is_some();
        let zone = if dates { zone } else { Zone::Unix };
        let times = Times::new(first, last, room.characters, zone);
        let values = Values::new(low, high, room.values);
        let caption = format!("{}, {}", zone.show_span(times.ends()), zone.name());
        let lines = pieces.iter().map(|(key, pieces)| Line::new(key, pieces, &times, &values));
        Some(Self { lines: lines.collect(), times, values, caption })
    }
}

impl Chart {
    /// The same, in lines from point to point.
    pub(super) fn in_segments(&self) -> Self {
        let mut chart = self.clone();
        for line in &mut chart.lines {
            line.pieces = line.pieces.iter().flat_map(|piece| segments(piece)).collect();
        }
        chart
    }
}

fn segments(piece: &[(f64, f64)]) -> Vec<Vec<(f64, f64)>> {
    match piece {
        [point] => vec![vec![*point]],
        points => points.windows(2).map(<[_]>::to_vec).collect(),
    }
}

fn ends<T: Copy>(
    all: impl Iterator<Item = T> + Clone,
    min: fn(T, T) -> T,
    max: fn(T, T) -> T,
) -> Option<(T, T)> {
    all.clone().reduce(min).zip(all.reduce(max))
}

impl Line {
    fn new(key: &str, pieces: &[Vec<Sample>], times: &Times, values: &Values) -> Self {
        let point =
            |sample: &Sample| (times.share(sample.timestamp()), values.share(sample.value()));
        let pieces = pieces.iter().map(|piece| piece.iter().map(point).collect()).collect();
        Self { name: text::key(key), pieces }
    }
}
