//! Draws panels: one with all lines, or one below the other with a line each.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Color;
use ratatui::symbols::Marker;
use ratatui::widgets::Widget;
use ratatui::widgets::canvas::{self, Canvas, Context, Points};

use super::{COLOURS, Layout, axes, legend, put};
use crate::commands::plot::chart::{Chart, Line, Panel};
use crate::output::text;

/// Where a panel is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Area {
    /// The rows with the names of series. If there are none, the name is left of the picture.
    legend: Rect,
    /// The lines of series, right of the axis of values.
    pub(super) picture: Rect,
}

/// Divides an area among the panels. Those for which there is no row are left out.
pub(super) fn areas(chart: &Chart, area: Rect, layout: Layout) -> Vec<Area> {
    let panels = u16::try_from(chart.panels.len()).unwrap_or(u16::MAX);
    let shown = if panels > area.height { area.height.saturating_sub(1) } else { panels };
    let left = if layout.has_axes() { left(chart, area.height / shown.max(1)) } else { 0 };
    let left = left.min(area.width / 2);
    let heights = heights(area.height, shown);
    let mut y = area.y;
    let of = |(height, panel): (u16, &Panel)| {
        let own = Rect { y, height, ..area };
        y = own.bottom();
        let rows = if height < 2 { 0 } else { legend::rows(&panel.lines, own) };
        let legend = Rect { height: rows, ..own };
        let (width, height) = (own.width - left, height - rows);
        Area { legend, picture: Rect::new(own.x + left, own.y + rows, width, height) }
    };
    heights.into_iter().zip(&chart.panels).map(of).collect()
}

/// Divides rows among panels. Either all have one row, or the rest makes the first ones higher.
fn heights(rows: u16, panels: u16) -> Vec<u16> {
    let each = rows / panels.max(1);
    let rest = if each < 2 { 0 } else { rows % panels.max(1) };
    (0..panels).map(|panel| each + u16::from(panel < rest)).collect()
}

/// Returns the width of the axis of values, with panels of some height.
fn left(chart: &Chart, height: u16) -> u16 {
    let labels = |panel: &Panel| {
        let widths = panel.values.ticks.iter().map(|tick| tick.label.len());
        let name = panel.lines.first().filter(|_| height < 2).map(|line| text::width(&line.name));
        widths.chain(name).max()
    };
    let widest = chart.panels.iter().filter_map(labels).max().unwrap_or_default();
    u16::try_from(widest + 1).unwrap_or(u16::MAX)
}

pub(super) fn draw(buffer: &mut Buffer, panel: &Panel, area: Area, colours: bool) {
    let Area { legend, picture } = area;
    legend::write(buffer, &panel.lines, legend, colours);
    if legend.height > 0 {
        axes::write_values(buffer, picture, &panel.values.ticks);
    } else {
        write_name(buffer, picture, &panel.lines);
    }
    let paint = |context: &mut Context<'_>| {
        for (line, colour) in panel.lines.iter().zip(colours_of(colours)) {
            paint(context, line, colour);
        }
    };
    let canvas = Canvas::default().x_bounds([0.0, 1.0]).y_bounds([0.0, 1.0]).paint(paint);
    canvas.marker(Marker::Braille).render(picture, buffer);
}

/// Writes the name of a line to the left of a picture of one row.
fn write_name(buffer: &mut Buffer, picture: Rect, lines: &[Line]) {
    let Some((line, axis)) = lines.first().zip(picture.x.checked_sub(1)) else { return };
    put(buffer, (0, picture.y), &text::shortened(&line.name, usize::from(axis)));
    put(buffer, (axis, picture.y), "│");
}

pub(super) fn colours_of(colours: bool) -> impl Iterator<Item = Color> {
    COLOURS.into_iter().map(move |colour| if colours { colour } else { Color::Reset })
}

fn paint(context: &mut Context<'_>, line: &Line, colour: Color) {
    for run in &line.runs {
        context.draw(&Points { coords: run, color: colour });
        for ends in run.windows(2) {
            if let [(x1, y1), (x2, y2)] = *ends {
                context.draw(&canvas::Line::new(x1, y1, x2, y2, colour));
            }
        }
    }
}

/// Tells below the panels how many there was no room for.
pub(super) fn count_the_rest(buffer: &mut Buffer, chart: &Chart, area: Rect, areas: &[Area]) {
    let more = chart.panels.len() - areas.len();
    if more > 0 && area.height > 0 {
        put(buffer, (0, area.bottom() - 1), &format!("… and {more} more series"));
    }
}
