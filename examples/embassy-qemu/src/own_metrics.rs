//! The board stores its own metrics, and reads no settings.

use embassy_board::{Board, Settings};
use embassy_executor::Spawner;
use embassy_net::Stack;

use crate::server::Samples;

/// The number of sockets.
pub(crate) const SOCKETS: usize = 0;

/// The metrics besides those of all boards.
pub(crate) const OWN: [&str; 0] = [];

/// Returns no settings.
pub(crate) fn settings() -> Settings<'static> {
    Settings::default()
}

/// Starts to store the board's own metrics.
pub(crate) fn start(spawner: Spawner, _: Stack<'static>, board: Board<'static, Samples>) {
    // Spawning fails only beyond the pool size of a task, so it does not fail here.
    spawner.spawn(report(board).unwrap());
}

#[embassy_executor::task]
async fn report(board: Board<'static, Samples>) {
    board.report(&mut []).await;
}
