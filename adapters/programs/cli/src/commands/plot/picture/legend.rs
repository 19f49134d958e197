//! The names of series above a picture.

use super::canvas::{Anchor, Canvas, Pixel, Text};
use super::font::Font;
use super::theme::Theme;
use super::{GAP, LINE, MARGIN, TEXT};
use crate::commands::plot::chart::Panel;
use crate::output::text;

/// The names of series, in rows from left to right.
pub(super) struct Legend {
    entries: Vec<Entry>,
    rows: usize,
    /// The number of series that do not fit, which the last row tells.
    more: usize,
}

/// A name, and the position of the line before it.
struct Entry {
    name: String,
    x: f32,
    row: usize,
}

/// The length of a line in the legend.
const SWATCH: f32 = 22.0;

impl Legend {
    /// Lays out the names in at most a third of the picture's height.
    pub(super) fn new(panel: &Panel, (width, height): Pixel, font: &Font) -> Self {
        let right = width - MARGIN;
        // On average a letter is half as wide as the text is high.
        let columns = (right - MARGIN - SWATCH) / TEXT * 1.8;
        let (mut x, mut row) = (MARGIN, 0);
        let mut entries = Vec::new();
        for line in &panel.lines {
            let name = text::shortened(&line.name, columns as usize);
            let width = SWATCH + GAP + font.width(&name, TEXT);
            if x > MARGIN && x + width > right {
                (x, row) = (MARGIN, row + 1);
            }
            entries.push(Entry { name, x, row });
            x += width + SWATCH;
        }
        let most = ((height / 3.0 - MARGIN) / LINE) as usize;
        Self { entries, rows: row + 1, more: 0 }.fit(most.max(2))
    }

    /// Drops the entries that do not fit in `most` rows.
    fn fit(mut self, most: usize) -> Self {
        if self.rows > most {
            let all = self.entries.len();
            self.entries.retain(|entry| entry.row + 1 < most);
            (self.rows, self.more) = (most, all - self.entries.len());
        }
        self
    }

    pub(super) fn height(&self) -> f32 {
        self.rows as f32 * LINE
    }

    pub(super) fn draw(&self, canvas: &mut impl Canvas, top: f32, theme: &Theme) {
        for (Entry { name, x, row }, colour) in self.entries.iter().zip(theme.lines) {
            let y = top + *row as f32 * LINE;
            let from = (x.floor(), (y + TEXT / 2.0).floor() - 1.0);
            canvas.fill([from, (from.0 + SWATCH, from.1 + 3.0)], colour);
            write(canvas, name, (x + SWATCH + GAP, y + TEXT * 0.86), theme);
        }
        if self.more > 0 {
            let y = top + self.height() - LINE + TEXT * 0.86;
            write(canvas, &format!("and {} more", self.more), (MARGIN, y), theme);
        }
    }
}

fn write(canvas: &mut impl Canvas, text: &str, at: Pixel, theme: &Theme) {
    canvas.text(&Text { text, at, anchor: Anchor::Start, size: TEXT }, theme.text);
}
