//! The table of series.

use jiff::civil::Date;
use ratatui::layout::{Constraint, Rect};
use ratatui::style::Style;
use ratatui::text::Line;
use ratatui::widgets::{Cell, Row, Table};

use super::columns::{Column, SPACING, Times, fitting};
use super::list::List;
use super::model::{Model, Series, mean};
use super::view::{Palette, View};
use crate::output::{age, text};

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The widths of the widest cells, by column. Those of all series count, so that columns do not move
/// when rows scroll or are filtered.
#[derive(Debug)]
pub(super) struct Widths {
    widths: [usize; 9],
    /// The day on which times have no date.
    day: Option<Date>,
}

impl Widths {
    pub(super) fn new(model: &Model, times: Times) -> Self {
        let mut widths = [0; 9];
        for series in &model.series {
            for column in MEASURED {
                let width = text::width(&column.cell(series, times));
                widths[column as usize] = width.max(widths[column as usize]);
            }
        }
        // Ages grow between two measurements.
        widths[Column::Age as usize] = age::WIDTH - 1;
        Self { widths, day: times.clock.day(times.now) }
    }

    /// Returns whether it is still the day of the measurement.
    pub(super) fn are_of(&self, times: Times) -> bool {
        self.day == times.clock.day(times.now)
    }

    fn of(&self, column: Column, list: &List) -> usize {
        self.widths[column as usize].max(title(column, list).chars().count())
    }
}

const MEASURED: [Column; 7] = [
    Column::Key,
    Column::Value,
    Column::Change,
    Column::Min,
    Column::Max,
    Column::Mean,
    Column::Time,
];

/// Returns the table for an area. The list knows how many rows it has.
pub(super) fn table(view: &View, area: Rect, times: Times) -> Table<'static> {
    let View { model, list, palette, .. } = view;
    let columns = fitting(usize::from(area.width), |column| view.widths.of(column, list));
    let visible = list.visible();
    let shown = list.all(model).skip(visible.start).take(visible.len());
    let rows = visible.clone().zip(shown).map(|(row, series)| {
        let cells = columns.iter().map(|&column| cell(column, series, times, *palette));
        let style = if row == list.marked_row() { Style::new().reversed() } else { Style::new() };
        Row::new(cells).style(if view.is_stale() { style.dim() } else { style })
    });
    let head = columns.iter().map(|&(column, _)| aligned(column, title(column, list)));
    let head = Row::new(head).style(Style::new().bold().underlined());
    let widths = columns.iter().map(|&(_, width)| Constraint::Length(width as u16));
    Table::new(rows, widths).column_spacing(SPACING as u16).header(head)
}

fn title(column: Column, list: &List) -> String {
    let is_upward = list.reversed != (list.sort == Column::Key || list.sort == Column::Age);
    let arrow = match column == list.sort {
        true if is_upward => "▲",
        true => "▼",
        false => "",
    };
    format!("{}{arrow}", column.title())
}

fn cell(
    (column, width): (Column, usize),
    series: &Series,
    times: Times,
    palette: Palette,
) -> Cell<'static> {
    match column {
        Column::Trend => Cell::new(trend(series, width)).style(palette.line()),
        Column::Value if series.changed => {
            let text = text::shortened(&column.cell(series, times), width);
            aligned(column, text).style(palette.changed())
        }
        _ => aligned(column, text::shortened(&column.cell(series, times), width)),
    }
}

fn aligned(column: Column, text: String) -> Cell<'static> {
    match column {
        Column::Key | Column::Trend => Cell::new(text),
        _ => Cell::new(Line::from(text).right_aligned()),
    }
}

/// Draws values as bars, the newest at the right. If they do not fit, each bar is a mean of some.
fn trend(series: &Series, width: usize) -> String {
    let values: Vec<_> = series.values().collect();
    let each = values.len().div_ceil(width.max(1)).max(1);
    // Only the newest bar may stand for fewer values than the others.
    let bars: Vec<_> = values.chunks(each).map(|some| mean(some.iter().copied())).collect();
    let low = bars.iter().copied().fold(f64::MAX, f64::min);
    let high = bars.iter().copied().fold(f64::MIN, f64::max);
    let bar = |value: &f64| {
        let share = if low < high { text::share(*value, low, high) } else { 0.5 };
        BARS.get((share * 7.0).round() as usize).copied().unwrap_or(' ')
    };
    let bars: String = bars.iter().map(bar).collect();
    format!("{bars:>width$}")
}

#[cfg(test)]
mod tests {
    use metric_proto::Sample;

    use super::*;

    #[test]
    fn a_trend_ends_with_the_newest_value() {
        let of = |values: &[f64], width| {
            let mut model = Model::new(60);
            for (&value, time) in values.iter().zip(0..) {
                model.take("k", Sample::new(value, time).unwrap());
            }
            trend(&model.series[0], width)
        };
        assert_eq!(of(&[1.0, 2.0, 8.0], 5), "  ▁▂█");
        assert_eq!(of(&[1.0, 3.0, 5.0, 7.0, 9.0], 3), "▁▅█");
        assert_eq!(of(&[7.0, 7.0], 2), "▅▅");
        assert_eq!(of(&[f64::MIN, f64::MAX], 2), "▁█");
        assert_eq!(of(&[1.0], 0), "▅");
    }
}
