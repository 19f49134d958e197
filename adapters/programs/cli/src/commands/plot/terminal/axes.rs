//! Writes the axes and their labels.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{place, put};
use crate::commands::plot::axis::Tick;
use crate::commands::plot::chart::Chart;
use crate::output::text;

/// Writes the axis of values to the left of a picture.
pub(super) fn write_values(buffer: &mut Buffer, picture: Rect, ticks: &[Tick]) {
    let Some(line) = picture.x.checked_sub(1) else { return };
    for y in picture.top()..picture.bottom() {
        put(buffer, (line, y), "│");
    }
    // One row has no place for two labels.
    let ticks = if picture.height > 1 { ticks } else { &[] };
    // The ends last, so that they are what is left where ticks share a row.
    let inner = ticks.iter().filter(|tick| tick.at > 0.0 && tick.at < 1.0);
    let ends = ticks.iter().filter(|tick| tick.at <= 0.0 || tick.at >= 1.0);
    for tick in inner.chain(ends) {
        let y = picture.top() + place(1.0 - tick.at, picture.height);
        let label: String = tick.label.chars().take(usize::from(line)).collect();
        put(buffer, (0, y), &format!("{label:>0$}┤", usize::from(line)));
    }
}

/// Writes the axis of time, its labels and the caption. Labels that would touch the one before are
/// left out.
pub(super) fn write_times(buffer: &mut Buffer, area: Rect, chart: &Chart) {
    for x in area.left()..area.right() {
        put(buffer, (x, area.y), "─");
    }
    put(buffer, (area.x.saturating_sub(1), area.y), "└");
    let mut free = 0;
    for tick in &chart.times.ticks {
        let x = area.x + place(tick.at, area.width);
        put(buffer, (x, area.y), "┬");
        let length = tick.label.len() as u16;
        let start = x.saturating_sub(length / 2).min(buffer.area.width.saturating_sub(length));
        if start >= free {
            put(buffer, (start, area.y + 1), &tick.label);
            free = start + length + 1;
        }
    }
    let caption = caption(&chart.caption, usize::from(buffer.area.width));
    let room = buffer.area.width.saturating_sub(text::width(&caption) as u16);
    put(buffer, (area.x.min(room), area.y + 2), &caption);
}

/// Returns what fits of a caption. The range of time is its first part.
fn caption(caption: &str, width: usize) -> String {
    match text::fitting(caption, width) {
        "" => text::shortened(caption, width),
        parts => parts.to_owned(),
    }
}
