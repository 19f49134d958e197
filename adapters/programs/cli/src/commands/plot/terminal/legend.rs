//! Writes the names of the series of a panel.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::panel::colours_of;
use super::put;
use crate::commands::plot::chart::Line;
use crate::output::text;

/// A name and its place.
struct Entry {
    x: u16,
    row: u16,
    name: String,
}

/// The mark of a series, in its colour, and a blank.
const MARK: (&str, u16) = ("━", 2);

/// Returns the number of rows for the names of series, at most a third of the area's.
pub(super) fn rows(lines: &[Line], area: Rect) -> u16 {
    let rows = entries(lines, area.width).last().map_or(1, |last| last.row + 1);
    rows.min((area.height / 3).max(1))
}

/// Lays out the names from left to right, in as many rows as they need.
fn entries(lines: &[Line], width: u16) -> Vec<Entry> {
    let (mut x, mut row) = (0, 0);
    let entry = |line: &Line| {
        let name = text::shortened(&line.name, usize::from(width.saturating_sub(MARK.1)));
        let length = MARK.1 + text::width(&name) as u16;
        if x > 0 && x + length > width {
            (x, row) = (0, row + 1);
        }
        let entry = Entry { x, row, name };
        x += length + 3;
        entry
    };
    lines.iter().map(entry).collect()
}

/// Writes the names. Those that do not fit are an ellipsis in the last row. A series that is alone
/// has its newest, smallest and largest value beside it.
pub(super) fn write(buffer: &mut Buffer, lines: &[Line], area: Rect, colours: bool) {
    let entries = entries(lines, area.width);
    let fits = entries.last().is_none_or(|last| last.row < area.height);
    let rows = if fits || area.height < 2 { area.height } else { area.height - 1 };
    for (entry, colour) in entries.iter().zip(colours_of(colours)) {
        if entry.row < rows {
            buffer.set_string(entry.x, area.y + entry.row, MARK.0, colour);
            put(buffer, (entry.x + MARK.1, area.y + entry.row), &entry.name);
        }
    }
    if rows < area.height {
        put(buffer, (0, area.y + rows), "…");
    }
    if let [line] = lines {
        write_summary(buffer, line, area);
    }
}

/// Writes what fits of the summary to the right of the name.
fn write_summary(buffer: &mut Buffer, line: &Line, area: Rect) {
    let name = MARK.1 + text::width(&line.name) as u16;
    let summary = text::fitting(&line.summary, usize::from(area.width.saturating_sub(name + 2)));
    if area.height > 0 {
        put(buffer, (area.width - text::width(summary) as u16, area.y), summary);
    }
}
