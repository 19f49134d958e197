//! Draws a plot as lines of text.

use std::io::{self, Write};

use crossterm::style::Stylize;
use ratatui::backend::IntoCrossterm;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::symbols::Marker;
use ratatui::widgets::Widget;
use ratatui::widgets::canvas::{self, Canvas, Context, Points};

use super::axis::Tick;
use super::chart::{Chart, Line, Room};
use super::series::MAX_SERIES;
use crate::output::text;

/// The colours that tell series apart. Without colours, `CHARACTERS` do.
const COLOURS: [Color; 6] =
    [Color::Cyan, Color::Yellow, Color::Magenta, Color::Green, Color::Red, Color::Blue];
const CHARACTERS: [char; MAX_SERIES] = [
    '•', '+', 'x', 'o', '*', '#', '=', '@', '%', '&', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'k',
    'm',
];

/// The number of lines below the picture: the axis, its labels, the caption.
const BELOW: u16 = 3;

/// The size of a plot in columns and rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) colours: bool,
}

impl Layout {
    pub(super) fn room(self) -> Room {
        let characters = usize::from(self.width).saturating_sub(10);
        Room { characters, values: usize::from(self.height / 3).clamp(1, 12) }
    }

    /// Returns the number of points that can be told apart from left to right.
    pub(super) fn columns(self) -> usize {
        2 * usize::from(self.width)
    }
}

pub(super) fn write(output: &mut impl Write, chart: &Chart, layout: Layout) -> io::Result<()> {
    let buffer = draw(chart, layout);
    for row in buffer.content.chunks(usize::from(layout.width.max(1))) {
        write_row(output, row)?;
    }
    Ok(())
}

/// Writes a row without trailing blanks and without the second halves of wide characters.
fn write_row(output: &mut impl Write, row: &[Cell]) -> io::Result<()> {
    let blank = |cell: &Cell| cell.symbol() == " ";
    let end = row.iter().rposition(|cell| !blank(cell)).map_or(0, |last| last + 1);
    let mut cells = row.iter().take(end);
    while let Some(cell) = cells.next() {
        match cell.fg {
            Color::Reset => write!(output, "{}", cell.symbol())?,
            colour => write!(output, "{}", cell.symbol().with(colour.into_crossterm()))?,
        }
        for _ in 1..text::width(cell.symbol()) {
            cells.next();
        }
    }
    writeln!(output)
}

fn draw(chart: &Chart, layout: Layout) -> Buffer {
    let Layout { width, height, colours } = layout;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let marks = marks(&chart.lines, colours);
    let top = write_legend(&mut buffer, &chart.lines, &marks, height / 3);
    let left = label_width(&chart.values.ticks).min(width / 2) + 1;
    let size = (width.saturating_sub(left), height.saturating_sub(top + BELOW));
    let picture = Rect::new(left, top, size.0, size.1);
    write_values(&mut buffer, picture, &chart.values.ticks);
    write_times(&mut buffer, picture, &chart.times.ticks);
    let caption = text::shortened(&chart.caption, usize::from(picture.width));
    put(&mut buffer, (left, picture.bottom() + 2), &caption);
    let paint = |context: &mut Context<'_>| paint(context, chart, &marks);
    let canvas = Canvas::default().x_bounds([0.0, 1.0]).y_bounds([0.0, 1.0]).paint(paint);
    canvas.marker(Marker::Braille).render(picture, &mut buffer);
    buffer
}

/// Writes a text if its position is inside the buffer. Text that does not fit is cut off.
fn put(buffer: &mut Buffer, (x, y): (u16, u16), text: &str) {
    if buffer.area.contains((x, y).into()) {
        buffer.set_string(x, y, text, Style::new());
    }
}

fn label_width(ticks: &[Tick]) -> u16 {
    let widths = ticks.iter().map(|tick| tick.label.len());
    widths.max().unwrap_or_default().try_into().unwrap_or(u16::MAX)
}

/// The marker and colour of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Mark {
    marker: Marker,
    colour: Color,
    legend: char,
}

/// Returns a mark for each line. Lines are drawn with dots if they differ in colour, else with
/// characters.
fn marks(lines: &[Line], colours: bool) -> Vec<Mark> {
    let dots = lines.len() <= if colours { COLOURS.len() } else { 1 };
    let colour =
        COLOURS.into_iter().cycle().map(|colour| if colours { colour } else { Color::Reset });
    let marks = CHARACTERS.into_iter().zip(colour).map(|(character, colour)| {
        let own = (Marker::Custom(character), character);
        let (marker, legend) = if dots { (Marker::Braille, '━') } else { own };
        Mark { marker, colour, legend }
    });
    marks.take(lines.len()).collect()
}

/// Writes marks and names in at most `most` rows. Returns the number of rows.
fn write_legend(buffer: &mut Buffer, lines: &[Line], marks: &[Mark], most: u16) -> u16 {
    let (mut x, mut y) = (0, 0);
    for (line, mark) in lines.iter().zip(marks) {
        let name = text::shortened(&line.name, usize::from(buffer.area.width.saturating_sub(2)));
        let width = 2 + text::width(&name) as u16;
        if x > 0 && x + width > buffer.area.width {
            (x, y) = (0, y + 1);
        }
        if y + 1 >= most.max(1) && y > 0 {
            put(buffer, (0, y), "…");
            break;
        }
        buffer.set_string(x, y, mark.legend.to_string(), mark.colour);
        put(buffer, (x + 2, y), &name);
        x += width + 3;
    }
    y + 1
}

fn write_values(buffer: &mut Buffer, picture: Rect, ticks: &[Tick]) {
    let line = picture.x.saturating_sub(1);
    for y in picture.top()..picture.bottom() {
        put(buffer, (line, y), "│");
    }
    for tick in ticks {
        let y = picture.top() + place(1.0 - tick.at, picture.height);
        let label: String = tick.label.chars().take(usize::from(line)).collect();
        put(buffer, (line.saturating_sub(label.len() as u16), y), &label);
        put(buffer, (line, y), "┤");
    }
    put(buffer, (line, picture.bottom()), "└");
}

/// Writes the time axis. Labels that would touch the one before are left out.
fn write_times(buffer: &mut Buffer, picture: Rect, ticks: &[Tick]) {
    for x in picture.left()..picture.right() {
        put(buffer, (x, picture.bottom()), "─");
    }
    let mut free = 0;
    for tick in ticks {
        let x = picture.left() + place(tick.at, picture.width);
        put(buffer, (x, picture.bottom()), "┬");
        let length = tick.label.len() as u16;
        let start = x.saturating_sub(length / 2).min(buffer.area.width.saturating_sub(length));
        if start >= free {
            put(buffer, (start, picture.bottom() + 1), &tick.label);
            free = start + length + 1;
        }
    }
}

/// Returns the row or column at a share of `length`.
fn place(share: f64, length: u16) -> u16 {
    (share * f64::from(length.saturating_sub(1))).round() as u16
}

fn paint(context: &mut Context<'_>, chart: &Chart, marks: &[Mark]) {
    for (line, mark) in chart.lines.iter().zip(marks) {
        // Do not change the marker for dots: lines of dots then share cells.
        if mark.marker != Marker::Braille {
            context.marker(mark.marker);
        }
        for piece in &line.pieces {
            context.draw(&Points { coords: piece, color: mark.colour });
            for ends in piece.windows(2) {
                if let [(x1, y1), (x2, y2)] = *ends {
                    context.draw(&canvas::Line::new(x1, y1, x2, y2, mark.colour));
                }
            }
        }
    }
}
