//! A plot of the marked series.

use metric_proto::Sample;
use ratatui::Frame;
use ratatui::layout::{HorizontalAlignment, Rect};
use ratatui::symbols::Marker;
use ratatui::widgets::{Axis, Chart, Dataset, GraphType};

use super::model::Series;
use super::number::{scaled, scaled_apart};
use super::view::Palette;
use crate::output::text::share;
use crate::time::Clock;

/// The least height of a pane.
pub(super) const LEAST: u16 = 5;

pub(super) fn draw(
    frame: &mut Frame<'_>,
    area: Rect,
    series: &Series,
    clock: Clock,
    palette: Palette,
) {
    let Some((first, last)) = series.samples.front().zip(series.samples.back()) else { return };
    let (first, last) = (first.timestamp(), last.timestamp());
    let low = series.values().fold(f64::MAX, f64::min);
    let high = series.values().fold(f64::MIN, f64::max);
    // Shares do not overflow for any values and times.
    let point = |sample: &Sample| {
        let value = if low < high { share(sample.value(), low, high) } else { 0.5 };
        (share_of_time(sample.timestamp(), first, last), value)
    };
    let points: Vec<_> = series.samples.iter().map(point).collect();
    let line = Dataset::default().data(&points).marker(Marker::Braille).style(palette.line());
    let line =
        line.graph_type(if points.len() == 1 { GraphType::Scatter } else { GraphType::Line });
    let middle = low / 2.0 + high / 2.0;
    let values = if low < high {
        scaled_apart([low, middle, high], &series.key)
    } else {
        [String::new(), scaled(middle, &series.key), String::new()]
    };
    let times = [clock.show_short(first, last), clock.show_short(last, first)];
    let axis = || Axis::default().bounds([0.0, 1.0]);
    let chart = Chart::new(vec![line]).legend_position(None);
    let chart = chart
        .x_axis(axis().labels(times))
        .y_axis(axis().labels(values).labels_alignment(HorizontalAlignment::Right));
    frame.render_widget(chart, area);
}

fn share_of_time(time: i64, first: i64, last: i64) -> f64 {
    if first == last { 0.5 } else { share(time as f64, first as f64, last as f64) }
}
