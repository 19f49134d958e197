//! The settings of a board.

use metric_board_settings::{Settings, Unreadable};

entries! {
    /// Any sector of any length.
    fn settings(sector: &[u8]) -> Result<Settings<'_>, Unreadable> {
        Settings::read(sector)
    }
}
