//! Draws a plot as lines of text.

mod axes;
mod legend;
mod panel;

use std::fmt::Write;

use crossterm::style::Stylize;
use ratatui::backend::IntoCrossterm;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};

use super::chart::{Chart, Room};
use crate::output::text;

/// The colours that tell series apart.
const COLOURS: [Color; 6] =
    [Color::Cyan, Color::Yellow, Color::Magenta, Color::Green, Color::Red, Color::Blue];

/// The size of a plot in columns and rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) colours: bool,
    /// Whether the plot becomes higher if it has many panels.
    pub(super) grows: bool,
}

/// The height of a panel if the plot becomes higher for it: a heading and three rows.
const GROWN: u16 = 4;
/// The number of rows below the panels: the axis of time, its labels, the caption.
const BELOW: u16 = 3;
/// The least size with axes. A smaller plot has lines only.
const WITH_AXES: (u16, u16) = (20, 8);

impl Layout {
    pub(super) fn room(self) -> Room {
        Room {
            characters: usize::from(self.width).saturating_sub(10),
            lines: usize::from(self.height),
            together: if self.colours { COLOURS.len() } else { 1 },
            least: if self.grows { usize::from(GROWN) } else { 0 },
        }
    }

    /// Returns the number of points that can be told apart from left to right.
    pub(super) fn columns(self) -> usize {
        2 * usize::from(self.width)
    }

    /// Returns the height with room for a number of panels.
    fn height_of(self, panels: usize, heading: u16) -> u16 {
        let panels = u16::try_from(panels).unwrap_or(u16::MAX);
        let grown = panels.saturating_mul(GROWN).saturating_add(heading + BELOW);
        if self.grows && panels > 1 { self.height.max(grown) } else { self.height }
    }

    fn has_axes(self) -> bool {
        self.width >= WITH_AXES.0 && self.height >= WITH_AXES.1
    }
}

/// Returns the plot as rows of text.
pub(super) fn rows(chart: &Chart, layout: Layout) -> Vec<String> {
    let buffer = draw(chart, layout);
    let rows = buffer.content.chunks(usize::from(buffer.area.width.max(1)));
    rows.map(row).collect()
}

/// Returns a row without trailing blanks and without the second halves of wide characters.
fn row(row: &[Cell]) -> String {
    let blank = |cell: &Cell| cell.symbol() == " ";
    let end = row.iter().rposition(|cell| !blank(cell)).map_or(0, |last| last + 1);
    let (mut cells, mut output) = (row.iter().take(end), String::new());
    while let Some(cell) = cells.next() {
        // Writing to a string does not fail.
        let _ = match cell.fg {
            Color::Reset => output.write_str(cell.symbol()),
            colour => write!(output, "{}", cell.symbol().with(colour.into_crossterm())),
        };
        for _ in 1..text::width(cell.symbol()) {
            cells.next();
        }
    }
    output
}

/// Draws the plot, each part of it where the layout has room.
pub(super) fn draw(chart: &Chart, layout: Layout) -> Buffer {
    let heading = u16::from(chart.heading.is_some() && layout.has_axes());
    let height = layout.height_of(chart.panels.len(), heading);
    let mut buffer = Buffer::empty(Rect::new(0, 0, layout.width, height));
    if let Some(text) = chart.heading.as_ref().filter(|_| heading > 0) {
        put(&mut buffer, (0, 0), &text::shortened(text, usize::from(layout.width)));
    }
    let below = if layout.has_axes() { BELOW } else { 0 };
    let area = Rect::new(0, heading, layout.width, height.saturating_sub(heading + below));
    let areas = panel::areas(chart, area, layout);
    for (panel, area) in chart.panels.iter().zip(&areas) {
        panel::draw(&mut buffer, panel, *area, layout.colours);
    }
    panel::count_the_rest(&mut buffer, chart, area, &areas);
    if below > 0 {
        let x = areas.first().map_or(0, |area| area.picture.x);
        let line = Rect::new(x, area.bottom(), layout.width - x, below);
        axes::write_times(&mut buffer, line, chart);
    }
    buffer
}

/// Writes a text if its position is inside the buffer. Text that does not fit is cut off.
fn put(buffer: &mut Buffer, (x, y): (u16, u16), text: &str) {
    if buffer.area.contains((x, y).into()) {
        buffer.set_string(x, y, text, Style::new());
    }
}

/// Returns the row or column at a share of `length`.
fn place(share: f64, length: u16) -> u16 {
    (share * f64::from(length.saturating_sub(1))).round() as u16
}
