//! The content of a plot, independent of where it is drawn. Positions are from 0 to 1.

use std::collections::BTreeMap;

use metric_proto::Sample;

use super::axis::{Times, Values};
use super::columns::Columns;
use crate::output::text;
use crate::time::Clock;

/// A plot that can be drawn in any size.
#[derive(Clone, Debug)]
pub(super) struct Chart {
    pub(super) lines: Vec<Line>,
    pub(super) times: Times,
    pub(super) values: Values,
    /// The range of time and the time zone.
    pub(super) caption: String,
}

/// The line of a series.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) name: String,
    /// Runs of points to be joined, each a time and a value from 0 to 1. Between runs is a gap.
    pub(super) pieces: Vec<Vec<(f64, f64)>>,
}

/// The space for labels along the axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Room {
    /// The length of the time axis in characters.
    pub(super) characters: usize,
    /// The number of ticks on the value axis.
    pub(super) values: usize,
}

impl Chart {
    /// Creates a chart from `since` to `until`. If one is `None`, the chart begins or ends with the
    /// samples. Returns `None` without samples.
    pub(super) fn new(
        series: &BTreeMap<String, Columns>,
        (since, until): (Option<i64>, Option<i64>),
        room: Room,
        clock: Clock,
    ) -> Option<Self> {
        let pieces: Vec<_> = series.iter().map(|(key, columns)| (key, columns.pieces())).collect();
        let samples = || pieces.iter().flat_map(|(_, pieces)| pieces).flatten();
        let (first, last) = ends(samples().map(|sample| sample.timestamp()), i64::min, i64::max)?;
        let (low, high) = ends(samples().map(|sample| sample.value()), f64::min, f64::max)?;
        let (first, last) = (since.unwrap_or(first), until.unwrap_or(last));
        let dates = clock.date(first).and(clock.date(last)).is_some();
        let clock = if dates { clock } else { clock.of_numbers() };
        let times = Times::new(first, last, room.characters, clock);
        let values = Values::new(low, high, room.values);
        let caption = format!("{}, {}", clock.show_span(times.ends()), clock.name());
        let lines = pieces.iter().map(|(key, pieces)| Line::new(key, pieces, &times, &values));
        Some(Self { lines: lines.collect(), times, values, caption })
    }
}

impl Chart {
    /// Returns the chart with each run cut into segments between two points.
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
