//! Draws the model on the screen: a title, the table, the marked series, its plot and a status line.

use std::time::{Duration, Instant};

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Style, Stylize};
use ratatui::text::Line;
use ratatui::widgets::Paragraph;

use super::columns::Times;
use super::list::List;
use super::model::{MAX_SERIES, Model};
use super::table::{self, Widths};
use super::{foot, help, pane};
use crate::time::Clock;

/// The content of the screen.
#[derive(Debug)]
pub(super) struct View {
    pub(super) model: Model,
    pub(super) list: List,
    pub(super) widths: Widths,
    pub(super) mode: Mode,
    pub(super) is_paused: bool,
    /// Whether a plot is wanted. If `None`, there is one if there is room for it.
    pub(super) has_pane: Option<bool>,
    /// Whether the screen showed a plot when last drawn.
    pub(super) shows_pane: bool,
    /// The error of the last reading, if it failed.
    pub(super) trouble: Option<String>,
    pub(super) source: Source,
    pub(super) palette: Palette,
    /// When the model was read. `None` before the first answer of the server.
    read_at: Option<Instant>,
}

/// Where the samples come from.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) server: String,
    pub(super) clock: Clock,
    pub(super) every: Duration,
    /// The time after which an answer is overdue.
    pub(super) timeout: Duration,
}

impl Source {
    fn times(&self) -> Times {
        Times { clock: self.clock, now: self.clock.unit().now() }
    }
}

/// What keys are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Rows,
    Filter,
    Help,
}

/// The colours. They can be read on light and dark backgrounds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Palette {
    Colours,
    Plain,
}

impl Palette {
    pub(super) fn line(self) -> Style {
        self.colour(Color::Magenta)
    }

    pub(super) fn changed(self) -> Style {
        self.colour(Color::Magenta).bold()
    }

    pub(super) fn trouble(self) -> Style {
        self.colour(Color::Red).reversed()
    }

    fn colour(self, colour: Color) -> Style {
        match self {
            Self::Colours => Style::new().fg(colour),
            Self::Plain => Style::new(),
        }
    }
}

impl View {
    /// Creates a view without a reading.
    pub(super) fn new(source: Source, palette: Palette) -> Self {
        let model = Model::new(0);
        Self {
            list: List::new(&model),
            widths: Widths::new(&model, source.times()),
            model,
            mode: Mode::Rows,
            is_paused: false,
            has_pane: None,
            shows_pane: false,
            trouble: None,
            source,
            palette,
            read_at: None,
        }
    }

    /// Shows a reading, unless the screen is paused.
    pub(super) fn take(&mut self, model: Model) {
        self.trouble = None;
        if self.is_paused && self.has_read() {
            return;
        }
        (self.model, self.read_at) = (model, Some(Instant::now()));
        self.list.arrange(&self.model);
        self.widths = Widths::new(&self.model, self.source.times());
    }

    pub(super) fn has_read(&self) -> bool {
        self.read_at.is_some()
    }

    pub(super) fn filter_by(&mut self, filter: String) {
        self.list.set_filter(filter, &self.model);
    }

    /// Returns a hint if timestamps seem to count another unit, in which ages would be true.
    pub(super) fn doubt(&self) -> Option<String> {
        self.model.newest.and_then(|newest| self.source.clock.unit().doubt(newest))
    }

    /// Returns whether the values are older than they should be.
    pub(super) fn is_stale(&self) -> bool {
        let due = self.source.every + self.source.timeout;
        let is_due = self.read_at.is_some_and(|read_at| read_at.elapsed() > due);
        self.trouble.is_some() || (!self.is_paused && is_due)
    }

    pub(super) fn draw(&mut self, frame: &mut Frame<'_>) {
        let times = self.source.times();
        if !self.widths.are_of(times) {
            self.widths = Widths::new(&self.model, times);
        }
        let foot = foot::lines(self, frame.area().width).len();
        let areas = [1, 0, foot as u16].map(|height| match height {
            0 => Constraint::Fill(1),
            height => Constraint::Length(height),
        });
        let [top, middle, bottom] = Layout::vertical(areas).areas(frame.area());
        let [rows, mark, plot] = self.split(middle);
        // One row is the table's head.
        self.list.fit(usize::from(rows.height.saturating_sub(1)));
        frame.render_widget(self.title(top.width), top);
        if self.has_read() {
            frame.render_widget(table::table(self, rows, times), rows);
        }
        if let Some(series) = self.list.marked(&self.model) {
            pane::draw(frame, plot, series, self.source.clock, self.palette);
            frame.render_widget(foot::mark(series, times, mark.width), mark);
        }
        if self.is_stale() {
            frame.buffer_mut().set_style(middle, Style::new().dim().not_bold());
        }
        // It tells which rows are visible, so it is written when that is known.
        frame.render_widget(Paragraph::new(foot::lines(self, bottom.width)), bottom);
        if self.mode == Mode::Help {
            help::draw(frame);
        }
    }

    /// Divides an area into those of the table, of the marked series and of its plot.
    fn split(&mut self, area: Rect) -> [Rect; 3] {
        let mark = u16::from(area.height > 3);
        let rows = (self.list.count() + 1).min(usize::from(u16::MAX)) as u16;
        let free = area.height.saturating_sub(rows).saturating_sub(mark);
        let plot = match self.has_pane {
            Some(false) => 0,
            Some(true) => free.max(area.height / 2).max(pane::LEAST),
            None if free >= ROOMY => free,
            None if area.height >= 3 * ROOMY => area.height / 3,
            None => 0,
        };
        // The head of the table and one row stay.
        let plot = plot.min(area.height.saturating_sub(2 + mark));
        self.shows_pane = plot > 0;
        let areas = [Constraint::Fill(1), Constraint::Length(mark), Constraint::Length(plot)];
        Layout::vertical(areas).areas(area)
    }

    fn title(&self, width: u16) -> Line<'static> {
        let Source { server, every, .. } = &self.source;
        let Some(read_at) = self.read_at else {
            let connecting = format!("connecting to {server}");
            return Line::from(foot::fitting(&[connecting], width)).bold();
        };
        let Model { read, left_out, series, .. } = &self.model;
        let count = if *left_out > 0 {
            format!("{MAX_SERIES} of {} series", left_out + MAX_SERIES as u64)
        } else {
            format!("{} series", series.len())
        };
        let state = match (self.is_paused, self.is_stale()) {
            (true, _) => "PAUSED, p goes on".to_owned(),
            (_, true) => format!("read {} s ago, trying again", read_at.elapsed().as_secs()),
            _ => format!("every {} s", every.as_secs_f64()),
        };
        let parts = [server.clone(), state, count, format!("{read} samples read")];
        Line::from(foot::fitting(&parts, width)).bold()
    }
}

/// The height at which a plot is shown without being asked for.
const ROOMY: u16 = 8;

#[cfg(test)]
mod tests {
    use metric_proto::Sample;
    use proptest::prelude::*;
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use ratatui::buffer::Buffer;
    use ratatui::style::Modifier;

    use super::super::keys::press;
    use super::*;

    fn model(samples: &[(String, i64, f64)]) -> Model {
        let mut model = Model::new(60);
        for (key, time, value) in samples {
            model.take(key, Sample::new(*value, *time).unwrap());
        }
        model.finish(&[], None)
    }

    fn view(samples: &[(String, i64, f64)]) -> View {
        let hour = Duration::from_secs(3_600);
        let server = "server:1".to_owned();
        let source = Source { server, clock: Clock::UTC, every: hour, timeout: hour };
        let mut view = View::new(source, Palette::Plain);
        view.take(model(samples));
        view
    }

    fn one() -> View {
        view(&[("k".to_owned(), 1, 2.0)])
    }

    fn drawn(view: &mut View, width: u16, height: u16) -> Buffer {
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        terminal.draw(|frame| view.draw(frame)).unwrap();
        terminal.backend().buffer().clone()
    }

    fn screen(view: &mut View, width: u16, height: u16) -> Vec<String> {
        let buffer = drawn(view, width, height);
        let cells: Vec<_> = buffer.content().iter().map(|cell| cell.symbol()).collect();
        cells.chunks(usize::from(width)).map(|row| row.concat().trim_end().to_owned()).collect()
    }

    fn type_in(view: &mut View, keys: &str) {
        use crossterm::event::{KeyCode, KeyEvent};
        for key in keys.chars() {
            let code = match key {
                '\n' => KeyCode::Enter,
                '\u{1b}' => KeyCode::Esc,
                key => KeyCode::Char(key),
            };
            let _ = press(view, KeyEvent::from(code));
        }
    }

    #[test]
    fn before_the_first_answer_the_screen_says_whom_it_waits_for() {
        let View { source, palette, .. } = one();
        let mut view = View::new(source, palette);
        let lines = screen(&mut view, 80, 6);
        assert_eq!(lines[..5], ["connecting to server:1", "", "", "", ""]);
        assert!(lines[5].trim_start() == "q quit", "{lines:?}");
        // There is nothing to pause at.
        type_in(&mut view, "p");
        view.take(model(&[("k".to_owned(), 1, 2.0)]));
        assert!(screen(&mut view, 80, 6)[2].starts_with("k "));
    }

    #[test]
    fn the_last_line_tells_the_rows_of_its_own_screen() {
        let samples: Vec<_> = (0..50).map(|n| (format!("k{n:02}"), 1, 2.0)).collect();
        let mut view = view(&samples);
        for (height, keys, expected) in [
            (24, "", "1-20 of 50"),
            (12, "", "1-8 of 50"),
            (24, "\n", "1-9 of 50"),
            (24, "/9\n", "1-5 of 5 "),
        ] {
            type_in(&mut view, keys);
            let lines = screen(&mut view, 80, height);
            assert!(lines.last().unwrap().starts_with(expected), "{lines:#?}");
        }
    }

    #[test]
    fn times_of_other_days_have_a_date() {
        let now = Clock::UTC.unit().now();
        let old = ("old".to_owned(), 0, 2.0);
        let shows_date = |view: &mut View| {
            let lines = screen(view, 120, 8);
            lines
                .iter()
                .any(|line| line.starts_with("old ") && line.ends_with("1970-01-01 00:00:00"))
        };
        assert!(shows_date(&mut view(&[("now".to_owned(), now, 2.0), old.clone()])));
        // The day ends while the screen is paused.
        let mut view = view(&[old]);
        view.widths = Widths::new(&view.model, Times { clock: Clock::UTC, now: 0 });
        assert!(shows_date(&mut view));
    }

    #[test]
    fn a_plot_has_a_gap_where_samples_are_missing() {
        let put = |n: i64| ("k".to_owned(), n, 2.0);
        let columns = |samples: Vec<_>| {
            let lines = screen(&mut view(&samples), 80, 24);
            let line = lines.iter().find(|line| line.contains('⠤') || line.contains('⠒'));
            let drawn = |c: &char| ('⠁'..='⣿').contains(c);
            line.map_or(0, |line| line.chars().filter(drawn).count())
        };
        let whole = columns((0..60).map(put).collect());
        let part = columns((0..10).chain(50..60).map(put).collect());
        assert!((70..=80).contains(&whole) && (20..=30).contains(&part), "{whole} {part}");
    }

    #[test]
    fn a_label_of_the_plot_is_whole_or_has_an_ellipsis() {
        let samples = [0, 1].map(|n| ("k".to_owned(), n, 1e10 + n as f64));
        for (width, labels) in [
            (80, ["10.000000001G│", "10.0000000005G│", "          10G│"]),
            (40, ["10.000000001G│", "10.000…00005G│", "          10G│"]),
            (24, ["10.0…01G│", "10.0…05G│", "     10G│"]),
        ] {
            let lines = screen(&mut view(&samples), width, 24);
            let found = |label| lines.iter().any(|line| line.trim_start().starts_with(label));
            assert!(labels.map(str::trim_start).iter().all(found), "{lines:#?}");
        }
    }

    #[test]
    fn escape_closes_the_plot_and_then_the_filter_and_never_quits() {
        let samples: Vec<_> = (0..50).map(|n| (format!("k{n:02}"), 1, 2.0)).collect();
        let mut view = view(&samples);
        for (keys, shows_plot, rows) in [
            ("/k1\n", false, 10),
            ("\n", true, 10),
            ("\u{1b}", false, 10),
            ("\u{1b}", false, 50),
            ("\u{1b}", false, 50),
            ("?\u{1b}", false, 50),
        ] {
            type_in(&mut view, keys);
            let _ = drawn(&mut view, 80, 10);
            assert_eq!((view.shows_pane, view.list.count()), (shows_plot, rows), "{keys:?}");
            assert_eq!(view.mode, Mode::Rows);
        }
        assert!(press(&mut view, crossterm::event::KeyCode::Esc.into()).is_continue());
    }

    #[test]
    fn an_error_is_shown_whole_below_the_last_values_which_are_dim() {
        let mut view = one();
        let dim = |view: &mut View| {
            let buffer = drawn(view, 40, 6);
            let cells = buffer.content().chunks(40).map(|row| row[0].modifier);
            cells.map(|modifier| modifier.contains(Modifier::DIM)).collect::<Vec<_>>()
        };
        assert_eq!(dim(&mut view), [false; 6]);
        view.trouble = Some("cannot connect to server:1: Connection refused".to_owned());
        assert_eq!(dim(&mut view), [false, true, true, true, false, false]);
        let lines = screen(&mut view, 40, 6);
        assert!(lines[0].starts_with("server:1  read "), "{lines:?}");
        assert!(lines[0].contains(" s ago, trying again"), "{lines:?}");
        assert_eq!(lines[4..], ["cannot connect to server:1: Connection", "refused"]);
        view.take(model(&[]));
        assert_eq!(dim(&mut view), [false; 6]);
    }

    #[test]
    fn values_are_dim_once_an_answer_is_overdue() {
        let mut view = one();
        assert!(!view.is_stale());
        (view.source.every, view.source.timeout) = (Duration::ZERO, Duration::ZERO);
        assert!(view.is_stale());
        view.is_paused = true;
        assert!(!view.is_stale());
    }

    #[test]
    fn a_doubtful_unit_is_reported() {
        let mut view = view(&[("k".to_owned(), 1_795_850_567_840, 2.0)]);
        let lines = screen(&mut view, 80, 6);
        assert_eq!(
            lines[4],
            "timestamp 1795850567840 seems to count milliseconds, not seconds; see --unit"
        );
        assert!(lines[5].starts_with("1-1 of 1"), "{lines:?}");
    }

    #[test]
    fn the_screen_says_if_there_is_no_series() {
        let lines = screen(&mut view(&[]), 60, 4);
        assert_eq!(lines[0], "server:1  every 3600 s  0 series  0 samples read");
        assert!(lines[3].starts_with("no series"), "{lines:?}");
    }

    #[test]
    fn the_title_counts_series_that_are_not_kept() {
        let mut view = one();
        view.model.left_out = 5;
        let title = screen(&mut view, 80, 4).remove(0);
        assert!(title.contains("  100000 of 100005 series  "), "{title}");
    }

    #[test]
    fn a_plot_takes_the_room_that_rows_leave_or_what_is_asked_for() {
        for (series, height, keys, expected) in [
            (1, 24, "", Some((2, 19))),
            (1, 24, "\n", None),
            (1, 24, "\n\n", Some((2, 19))),
            (50, 23, "", None),
            (50, 24, "\n", Some((10, 11))),
            (50, 40, "", Some((25, 12))),
            (50, 10, "\n", Some((2, 5))),
            (50, 4, "\n", None),
        ] {
            let samples: Vec<_> = (0..series).map(|n| (format!("k{n:02}"), 1, 2.0)).collect();
            let mut view = view(&samples);
            let _ = drawn(&mut view, 80, height);
            for key in keys.chars() {
                type_in(&mut view, &key.to_string());
                let _ = drawn(&mut view, 80, height);
            }
            let lines = screen(&mut view, 80, height);
            let axis = lines.iter().position(|line| line.contains('└'));
            let mark = lines.iter().rposition(|line| line.starts_with("k00 2.0"));
            let found = axis.zip(mark).map(|(_, mark)| (mark - 1, usize::from(height) - mark - 2));
            assert_eq!(found, expected, "{series} series, {height} lines: {lines:#?}");
        }
    }

    #[test]
    fn keys_filter_sort_pause_and_help() {
        let samples = [("a", 1.0), ("b", 3.0), ("bc", 2.0)];
        let mut view = view(&samples.map(|(key, value)| (key.to_owned(), 1, value)));
        let keys = |view: &mut View| {
            let lines = screen(view, 80, 8);
            let rows = lines[2..].iter().take_while(|line| !line.is_empty());
            let keys = rows.map(|row| row.split(' ').next().unwrap().to_owned());
            keys.take(view.list.count()).collect::<Vec<_>>().join(" ")
        };
        for (typed, expected) in [
            ("", "a b bc"),
            ("s", "b bc a"),
            ("r", "a bc b"),
            ("/b", "bc b"),
            ("c", "bc"),
            ("\n", "bc"),
            ("r", "bc"),
        ] {
            type_in(&mut view, typed);
            assert_eq!(keys(&mut view), expected, "{typed:?}");
        }
        view.filter_by(String::new());
        type_in(&mut view, "p");
        view.take(model(&[]));
        assert_eq!(keys(&mut view), "b bc a");
        assert!(screen(&mut view, 80, 8)[0].contains("PAUSED"));
        type_in(&mut view, "p");
        view.take(model(&[]));
        assert_eq!(keys(&mut view), "");
        type_in(&mut view, "?");
        for (width, height) in [(40, 10), (80, 24)] {
            let help = screen(&mut view, width, height).join("\n");
            assert!(help.contains("↑ ↓ PgUp PgDn  move the mark"), "{help}");
            assert!(help.contains("Esc            close plot, then filter│"), "{help}");
            assert!(help.contains("q  Ctrl-C      quit"), "{help}");
        }
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
            (width, height) in (1_u16..150, 1_u16..50),
            keys in "[/sr?pkq\n]{0,8}",
            trouble in prop::option::of("\\PC{0,300}"),
        ) {
            let mut view = view(&samples);
            view.trouble = trouble;
            let _ = drawn(&mut view, width, height);
            type_in(&mut view, &keys);
            prop_assert_eq!(screen(&mut view, width, height).len(), usize::from(height));
        }
    }
}
