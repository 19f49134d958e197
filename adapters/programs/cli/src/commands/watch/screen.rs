//! The terminal, for as long as something is drawn over all of it.

use std::io;
use std::mem::ManuallyDrop;

use ratatui::DefaultTerminal;
use ratatui::Frame;

/// A terminal in which keys come as they are pressed. It is as it was when this is dropped, and
/// before the message of a panic.
///
/// Ratatui's own way out writes to standard error if it fails, and panics if that fails too, as it
/// does once the terminal is gone.
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

    /// Lets all be drawn anew, after the terminal had another size, if only for a moment in which it
    /// cut off what it had no room for.
    pub(super) fn clear(&mut self) -> io::Result<()> {
        let size = self.0.size()?;
        self.0.resize(size.into())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // If the terminal is gone there is nothing to be done.
        let _ = self.0.show_cursor();
        let _ = ratatui::try_restore();
    }
}
