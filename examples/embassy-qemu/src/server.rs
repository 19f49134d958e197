//! The server of the emulated boards: its store and its tasks.

use core::cell::RefCell;

use embassy_board::{Board, METRICS, reserve};
#[cfg(feature = "page")]
use embassy_board::{PageWorker, longest_line, serve_page};
use embassy_executor::Spawner;
use embassy_net::{Config, Stack, StackResources};
use metric_embassy_net::{Counters, Settings};
use metric_proto::{FixedStore, Limits};
use static_cell::{ConstStaticCell, StaticCell};

use crate::size::SIZE;
use crate::{network, reports};

/// The number of workers: one for each client at once, and one that listens.
const WORKERS: usize = SIZE.clients + 1;

/// The number of workers of the page.
const PAGE_WORKERS: usize = if cfg!(feature = "page") { SIZE.browsers } else { 0 };

/// The longest key is that of the store.
const LIMITS: Limits = Limits::new(SIZE.line, 48);

/// A store for series from the network and those of the board itself.
pub(crate) type Samples =
    FixedStore<{ SIZE.series + METRICS + reports::OWN.len() }, { SIZE.samples }, 48>;

type Worker = metric_embassy_net::Worker<
    { LIMITS.min_input() },
    { LIMITS.min_output() },
    { SIZE.rx },
    { SIZE.tx },
>;

/// The memory of the network stack.
pub type Resources =
    StackResources<{ WORKERS + PAGE_WORKERS + network::SOCKETS + reports::SOCKETS }>;

/// Returns how the board gets its address.
#[must_use]
pub fn network() -> Config {
    network::config()
}

/// Starts the server. The keys of the board's own metrics begin with its name, unless the settings have
/// another one.
pub fn start(spawner: Spawner, stack: Stack<'static>, board: &'static str) {
    // The store is too large to be created on the stack.
    static STORE: ConstStaticCell<RefCell<Samples>> =
        ConstStaticCell::new(RefCell::new(Samples::new()));
    static COUNTERS: StaticCell<Counters> = StaticCell::new();
    let name = reports::settings().name.unwrap_or(board);
    let store = STORE.take();
    reserve(store.get_mut(), name, &reports::OWN);
    let (store, counters): (&_, &_) = (store, COUNTERS.init_with(Counters::new));
    // Spawning fails only beyond the pool size of a task, so it does not fail here.
    for _ in 0..WORKERS {
        spawner.spawn(serve(stack, store, counters).unwrap());
    }
    #[cfg(feature = "page")]
    for _ in 0..PAGE_WORKERS {
        spawner.spawn(page(stack, store).unwrap());
    }
    network::start(spawner, stack);
    reports::start(spawner, stack, Board { name, store, counters });
}

#[embassy_executor::task(pool_size = WORKERS)]
async fn serve(
    stack: Stack<'static>,
    store: &'static RefCell<Samples>,
    counters: &'static Counters,
) {
    let settings = Settings::new(LIMITS);
    Worker::new().run(stack, store, &settings, counters).await;
}

#[cfg(feature = "page")]
#[embassy_executor::task(pool_size = PAGE_WORKERS)]
async fn page(stack: Stack<'static>, store: &'static RefCell<Samples>) {
    let mut worker = PageWorker::<{ longest_line(LIMITS.key()) }>::new();
    serve_page(&mut worker, stack, store).await;
}
