//! The size of the terminal.

use std::io::{self, IsTerminal};

/// Returns the columns and rows of standard output, if it is a terminal that tells them.
pub(crate) fn extent() -> Option<(u16, u16)> {
    let size = io::stdout().is_terminal().then(|| crossterm::terminal::size().ok()).flatten();
    // A terminal of unknown size reports zero.
    size.filter(|&(width, height)| width > 0 && height > 0)
}

/// The size where none is known.
pub(crate) const USUAL: (u16, u16) = (80, 24);
