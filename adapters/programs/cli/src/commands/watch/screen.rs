//! A terminal in raw mode with a screen of its own.

use std::io;
use std::mem::ManuallyDrop;

use ratatui::DefaultTerminal;
use ratatui::Frame;

/// A terminal in raw mode. It is restored when this is dropped, and before the message of a panic.
///
/// Ratatui's own `restore` writes to standard error if it fails, and panics if that fails too,
/// which happens once the terminal is gone.
#[derive(Debug)]
pub(super) struct Screen(ManuallyDrop<DefaultTerminal>);

impl Screen {
    pub(super) fn open() -> io::Result<Self> {
        let opened = ratatui::try_init();
        opened.map(|terminal| Self(ManuallyDrop::new(terminal))).inspect_err(|_| ratatui::restore())
    }

    pub(super) fn draw(&mut self, draw: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.0.draw(draw)?;
        Ok(())
    }

    /// Forces a full redraw. Needed after every resize: even a size of a moment cuts off text.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        let size = self.0.size()?;
        self.0.resize(size.into())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // If the terminal is gone, there is nothing to restore.
        let _ = self.0.show_cursor();
        let _ = ratatui::try_restore();
    }
}
