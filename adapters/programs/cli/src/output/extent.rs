//! The size of the terminal.

use std::io::IsTerminal;

/// Returns the columns and rows of the terminal, if `output` is one and it tells them.
pub(crate) fn extent(output: &impl IsTerminal) -> Option<(u16, u16)> {
    let size = output.is_terminal().then(|| crossterm::terminal::size().ok()).flatten();
    // A terminal of unknown size reports zero.
    size.filter(|&(width, height)| width > 0 && height > 0)
}

/// The size where none is known.
pub(crate) const USUAL: (u16, u16) = (80, 24);
