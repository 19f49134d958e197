//! The board's settings, which its owner writes into a sector of the flash.

use metric_board_settings::{SECTOR, Settings, Unreadable};

/// Reads the settings.
///
/// # Errors
///
/// [`Unreadable`] says in one line why there are none, and what to do.
pub fn read() -> Result<Settings<'static>, Unreadable> {
    // SAFETY: `memory.x` keeps the sector free of code, and nothing writes to it while this runs. Any
    // bytes are fine.
    Settings::read(unsafe { &_settings })
}

/// Returns the address of the sector.
#[must_use]
pub fn address() -> usize {
    &raw const _settings as usize
}

unsafe extern "C" {
    /// A symbol of the board's `memory.x`, at the beginning of the sector.
    static _settings: [u8; SECTOR];
}
