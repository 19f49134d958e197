//! A plot of the marked series.

use metric_proto::Sample;
use ratatui::Frame;
use ratatui::layout::{HorizontalAlignment, Rect};
use ratatui::symbols::Marker;
use ratatui::widgets::{Axis, Chart, Dataset, GraphType};

use super::model::Series;
use super::number::{scaled, scaled_apart};
use super::view::Palette;
use crate::commands::plot::columns::Columns;
use crate::output::text::{self, share};
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
    let runs = runs(series, area.width);
    let runs: Vec<Vec<_>> = runs.iter().map(|run| run.iter().map(point).collect()).collect();
    let line = |points| {
        let line = Dataset::default().data(points).marker(Marker::Braille).style(palette.line());
        line.graph_type(if points.len() == 1 { GraphType::Scatter } else { GraphType::Line })
    };
    let middle = low / 2.0 + high / 2.0;
    let values = if low < high {
        scaled_apart([low, middle, high], &series.key)
    } else {
        [String::new(), scaled(middle, &series.key), String::new()]
    };
    // The chart gives a third of its width to labels, and cuts off the front of longer ones.
    let values = values.map(|label| text::shortened(&label, usize::from(area.width / 3)));
    let times = [clock.show_short(first, last), clock.show_short(last, first)];
    let axis = || Axis::default().bounds([0.0, 1.0]);
    let chart = Chart::new(runs.iter().map(|run| line(run)).collect()).legend_position(None);
    let chart = chart
        .x_axis(axis().labels(times))
        .y_axis(axis().labels(values).labels_alignment(HorizontalAlignment::Right));
    frame.render_widget(chart, area);
}

/// Returns the samples in runs, between which the line has a gap, as in `metric plot`.
fn runs(series: &Series, width: u16) -> Vec<Vec<Sample>> {
    // Two points per column.
    let mut columns = Columns::new(2 * usize::from(width));
    series.samples.iter().for_each(|&sample| columns.put(sample));
    columns.runs()
}

fn share_of_time(time: i64, first: i64, last: i64) -> f64 {
    if first == last { 0.5 } else { share(time as f64, first as f64, last as f64) }
}
