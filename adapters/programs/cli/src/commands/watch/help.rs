//! The page that lists the keys.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::widgets::{Block, Clear, Paragraph};

/// Fits a screen of 40 columns and 10 lines.
const TEXT: &str = "\
↑ ↓ PgUp PgDn  move the mark
Home End       first, last
Enter          plot the marked series
/              filter keys
Esc            close plot, then filter
s  ← →         sort by another column
r  p           reverse, pause
q  Ctrl-C      quit";

pub(super) fn draw(frame: &mut Frame<'_>) {
    let width = TEXT.lines().map(|line| line.chars().count()).max().unwrap_or_default() as u16 + 2;
    let height = TEXT.lines().count() as u16 + 2;
    let area: Rect = frame.area().centered(Constraint::Max(width), Constraint::Max(height));
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(TEXT).block(Block::bordered().title(" Keys ")), area);
}
