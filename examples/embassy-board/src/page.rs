//! The board's page and its HTTP API, on port 80.

use core::cell::RefCell;

use embassy_net::Stack;
use embassy_time::Duration;
use metric_board_web::Http;
pub use metric_board_web::longest_line;
use metric_embassy_net::{Counters, Limits, Settings, Worker};
use metric_proto::FixedStore;

use crate::metrics::uptime;

/// The memory of a connection to the page. `IN` is the [`longest_line`] with keys of the store.
///
/// A reply is filled in pieces of 64 bytes, which join in the socket's buffer of 512 bytes.
pub type PageWorker<const IN: usize> = Worker<IN, 64, 256, 512>;

/// Serves one request of a browser after the other. They do not count as connections of the board.
pub async fn serve_page<
    const SERIES: usize,
    const SAMPLES: usize,
    const KEY: usize,
    const IN: usize,
>(
    worker: &mut PageWorker<IN>,
    stack: Stack<'_>,
    store: &RefCell<FixedStore<SERIES, SAMPLES, KEY>>,
) -> ! {
    let session = || Http::<_, _, KEY>::new(store, || uptime() as i64);
    worker.run_sessions(stack, session, &settings(), &Counters::new()).await
}

/// Returns the settings of the page's workers.
///
/// There are few workers. So a browser that opens a connection ahead of its requests is cut after 5
/// seconds, and one that reads slowly after 20.
fn settings() -> Settings {
    let mut settings = Settings::new(Limits::DESKTOP);
    settings.port = 80;
    settings.idle_timeout = Duration::from_secs(5);
    settings.connection_timeout = Duration::from_secs(20);
    settings
}
