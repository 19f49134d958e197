//! The board stores its own metrics, and reports all samples to the server in its settings.

use core::cell::RefCell;
use core::net::SocketAddrV4;

use embassy_board::{Board, PUSH_LOST, PUSH_SENT, Settings};
use embassy_executor::Spawner;
use embassy_net::Stack;
use metric_embassy_net::{PushCounters, push};
use static_cell::StaticCell;

use crate::serial;
use crate::server::Samples;

/// The number of sockets.
pub(crate) const SOCKETS: usize = 1;

/// The metrics besides those of all boards.
pub(crate) const OWN: [&str; 2] = [PUSH_SENT, PUSH_LOST];

/// Returns what the board's owner has written into its flash. The board has no log that could say what
/// is wrong with it.
pub(crate) fn settings() -> Settings<'static> {
    embassy_board::settings::read().unwrap_or_default()
}

/// Starts to store the board's own metrics, and to report.
pub(crate) fn start(spawner: Spawner, stack: Stack<'static>, board: Board<'static, Samples>) {
    static COUNTERS: StaticCell<PushCounters> = StaticCell::new();
    let counters: &_ = COUNTERS.init_with(PushCounters::new);
    // Spawning fails only beyond the pool size of a task, so it does not fail here.
    if let Some(server) = settings().report {
        serial::text("reporting to ");
        serial::address(*server.ip());
        serial::text("\n");
        spawner.spawn(report_to(stack, server, board.name, board.store, counters).unwrap());
    }
    spawner.spawn(report(board, counters).unwrap());
}

#[embassy_executor::task]
async fn report(board: Board<'static, Samples>, counters: &'static PushCounters) {
    let [sent, lost] = OWN;
    let mut count_sent = || counters.reported().into();
    let mut count_lost = || f64::from(counters.dropped()) + f64::from(counters.refused());
    board.report(&mut [(sent, &mut count_sent), (lost, &mut count_lost)]).await;
}

#[embassy_executor::task]
async fn report_to(
    stack: Stack<'static>,
    server: SocketAddrV4,
    name: &'static str,
    store: &'static RefCell<Samples>,
    counters: &'static PushCounters,
) {
    push(stack, server.into(), name, store, counters).await;
}
