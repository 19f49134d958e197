//! Draws the model on the screen.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Paragraph, Row, Table};

use super::columns::{Column, SPACING, fitting};
use super::model::{MAX_SERIES, Model, Series, mean};
use crate::output::text;
use crate::time::Clock;

/// The content of the screen: a title, the table and a status line.
#[derive(Debug)]
pub(super) struct View {
    pub(super) model: Model,
    /// The error of the last reading, if it failed.
    pub(super) trouble: Option<String>,
    pub(super) server: String,
    pub(super) clock: Clock,
    pub(super) colours: bool,
    /// The first visible row.
    pub(super) first: usize,
    /// The number of rows that the screen showed when last drawn.
    pub(super) height: usize,
}

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

impl View {
    pub(super) fn new(model: Model, server: &str, clock: Clock, colours: bool) -> Self {
        let server = server.to_owned();
        Self { model, trouble: None, server, clock, colours, first: 0, height: 0 }
    }

    pub(super) fn draw(&mut self, frame: &mut Frame<'_>) {
        let areas = [Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)];
        let [top, middle, bottom] = Layout::vertical(areas).areas(frame.area());
        // One row is the table's head.
        self.height = usize::from(middle.height.saturating_sub(1));
        self.scroll_to(self.first);
        frame.render_widget(Paragraph::new(self.title()), top);
        frame.render_widget(self.table(middle), middle);
        frame.render_widget(self.status(usize::from(bottom.width)), bottom);
    }

    /// Scrolls to a row, but not so far that the screen is not filled.
    pub(super) fn scroll_to(&mut self, first: usize) {
        self.first = first.min(self.model.series.len().saturating_sub(self.height));
    }

    fn title(&self) -> Line<'_> {
        let last = self.model.last;
        Line::from(match self.model.span() {
            Some(span) => {
                let span = self.clock.show_span(span);
                format!("newest {last} samples of each series: {span}")
            }
            None => "no samples yet".to_owned(),
        })
    }

    fn table(&self, area: Rect) -> Table<'_> {
        let columns = fitting(usize::from(area.width), |column| self.longest(column));
        let shown = self.model.series.iter().skip(self.first).take(self.height);
        let rows = shown.map(|(key, series)| {
            let cells = columns.iter().map(|&column| self.cell(column, key, series));
            Row::new(cells)
        });
        let head = columns.iter().map(|(column, _)| aligned(*column, column.title().to_owned()));
        let widths = columns.iter().map(|&(_, width)| Constraint::Length(width as u16));
        let table = Table::new(rows, widths).column_spacing(SPACING as u16);
        table.header(Row::new(head).style(Style::new().bold()))
    }

    /// Returns the width of the widest cell of a column. Rows outside of the screen count as well,
    /// so that columns do not move when rows scroll.
    fn longest(&self, column: Column) -> usize {
        let cells = self.model.series.iter().map(|(key, series)| self.text(column, key, series));
        let widest = cells.map(|cell| text::width(&cell)).max();
        widest.unwrap_or_default().max(column.title().len())
    }

    fn text(&self, column: Column, key: &str, series: &Series) -> String {
        column.cell(key, series, self.model.newest, self.clock)
    }

    fn cell(&self, (column, width): (Column, usize), key: &str, series: &Series) -> Cell<'_> {
        match column {
            Column::Trend => Cell::new(trend(series, width)).style(self.colour(Color::Cyan)),
            _ => aligned(column, text::shortened(&self.text(column, key, series), width)),
        }
    }

    fn status(&self, width: usize) -> Paragraph<'_> {
        let line = match &self.trouble {
            Some(trouble) => Line::styled(trouble.as_str(), self.colour(Color::Red)),
            None => Line::from(self.well()),
        };
        Paragraph::new(format!("{:width$}", line.to_string())).style(line.style.reversed())
    }

    fn well(&self) -> String {
        let Model { series, read, left_out, .. } = &self.model;
        let last = (self.first + self.height).min(series.len());
        let rows = match series.len() {
            0 => "no series".to_owned(),
            _ if *left_out > 0 => {
                let all = left_out + MAX_SERIES as u64;
                format!("rows {}-{last} of {MAX_SERIES} ({all} series match)", self.first + 1)
            }
            count => format!("rows {}-{last} of {count}", self.first + 1),
        };
        format!("{}: {rows}, {read} samples read, q quits", self.server)
    }

    fn colour(&self, colour: Color) -> Style {
        if self.colours { Style::new().fg(colour) } else { Style::new() }
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
    use proptest::prelude::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;

    use super::*;

    fn view(samples: &[(String, i64, f64)]) -> View {
        let mut model = Model::new(&[], 60);
        for (key, time, value) in samples {
            model.take(key, Sample::new(*value, *time).unwrap());
        }
        View::new(model, "server:1", Clock::UTC, false)
    }

    fn screen(view: &mut View, width: u16, height: u16) -> String {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view.draw(frame)).unwrap();
        terminal.backend().to_string()
    }

    #[test]
    fn an_error_is_shown_below_the_last_values() {
        let mut view = view(&[("k".to_owned(), 1, 2.0)]);
        view.trouble = Some("cannot connect".to_owned());
        let expected = "\
\"newest 60 samples of each series: 1970-01-0\"
\"KEY  VALUE  CHANGE  TREND     MIN      TIME\"
\"k        2                 ▅    2  00:00:01\"
\"cannot connect                             \"
";
        assert_eq!(screen(&mut view, 43, 4), expected);
    }

    #[test]
    fn the_screen_says_if_there_is_no_series() {
        let screen = screen(&mut view(&[]), 50, 4);
        assert!(screen.contains("no samples yet"), "{screen}");
        assert!(screen.contains("server:1: no series, 0 samples read"), "{screen}");
    }

    #[test]
    fn the_status_line_counts_series_that_are_not_kept() {
        let samples: Vec<_> = (0..1_005).map(|n| (format!("k{n:04}"), 1, 2.0)).collect();
        let screen = screen(&mut view(&samples), 80, 10);
        assert!(screen.contains("rows 1-7 of 1000 (1005 series match), 1005 samples"), "{screen}");
    }

    #[test]
    fn a_trend_ends_with_the_newest_value() {
        let of = |values: &[f64], width| {
            let mut model = Model::new(&[], 60);
            for (&value, time) in values.iter().zip(0..) {
                model.take("k", Sample::new(value, time).unwrap());
            }
            trend(&model.series["k"], width)
        };
        assert_eq!(of(&[1.0, 2.0, 8.0], 5), "  ▁▂█");
        assert_eq!(of(&[1.0, 3.0, 5.0, 7.0, 9.0], 3), "▁▅█");
        assert_eq!(of(&[7.0, 7.0], 2), "▅▅");
        assert_eq!(of(&[f64::MIN, f64::MAX], 2), "▁█");
        assert_eq!(of(&[1.0], 0), "▅");
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::with_cases(64)
        })]

        #[test]
        fn any_samples_fit_any_screen(
            samples in prop::collection::vec(
                ("\\PC{1,30}", any::<i64>(), any::<f64>().prop_filter("finite", |v| v.is_finite())),
                0..50,
            ),
            (width, height) in (1_u16..150, 1_u16..30),
            first in 0_usize..60,
        ) {
            let mut view = view(&samples);
            view.scroll_to(first);
            let screen = screen(&mut view, width, height);
            prop_assert_eq!(screen.lines().count(), usize::from(height));
            prop_assert!(view.first == 0 || view.first + view.height <= view.model.series.len());
        }
    }
}
