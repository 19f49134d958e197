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

#[cfg(feature = "flash")]
use crate::kept::{Handle, OWN};
#[cfg(not(feature = "flash"))]
use crate::reports::OWN;
use crate::size::SIZE;
use crate::{network, reports};

/// The number of workers: one for each client at once, and one that listens.
const WORKERS: usize = SIZE.clients + 1;

/// The number of workers of the page.
const PAGE_WORKERS: usize = if cfg!(feature = "page") { SIZE.browsers } else { 0 };

/// The longest key.
pub(crate) const KEY: usize = 48;

const LIMITS: Limits = Limits::new(SIZE.line, KEY);

/// A store for series from the network and those of the board itself.
pub(crate) type Samples = FixedStore<{ SIZE.series + METRICS + OWN.len() }, { SIZE.samples }, KEY>;

/// A connection's handle of the store.
#[cfg(not(feature = "flash"))]
type Handle = &'static RefCell<Samples>;

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
#[cfg(not(feature = "flash"))]
pub fn start(spawner: Spawner, stack: Stack<'static>, name: &'static str) {
    let board = prepare(name);
    let store = board.store;
    serve_all(spawner, stack, &board, || store);
    reports::start(spawner, stack, board);
}

/// Creates the store, with places for the board's own metrics. It can be called once.
pub(crate) fn prepare(name: &'static str) -> Board<'static, Samples> {
    // The store is too large to be created on the stack.
    static STORE: ConstStaticCell<RefCell<Samples>> =
        ConstStaticCell::new(RefCell::new(Samples::new()));
    static COUNTERS: StaticCell<Counters> = StaticCell::new();
    let name = reports::settings().name.unwrap_or(name);
    let store = STORE.take();
    reserve(store.get_mut(), name, &OWN);
    Board { name, store, counters: COUNTERS.init_with(Counters::new) }
}

/// Starts the tasks that serve, each with a handle of the store, and that by which the board is found.
pub(crate) fn serve_all(
    spawner: Spawner,
    stack: Stack<'static>,
    board: &Board<'static, Samples>,
    handle: impl Fn() -> Handle,
) {
    // Spawning fails only beyond the pool size of a task, so it does not fail here.
    for _ in 0..WORKERS {
        spawner.spawn(serve(stack, handle(), board.counters).unwrap());
    }
    #[cfg(feature = "page")]
    for _ in 0..PAGE_WORKERS {
        spawner.spawn(page(stack, board.store).unwrap());
    }
    network::start(spawner, stack);
}

#[embassy_executor::task(pool_size = WORKERS)]
async fn serve(stack: Stack<'static>, store: Handle, counters: &'static Counters) {
    let settings = Settings::new(LIMITS);
    Worker::new().run(stack, store, &settings, counters).await;
}

#[cfg(feature = "page")]
#[embassy_executor::task(pool_size = PAGE_WORKERS)]
async fn page(stack: Stack<'static>, store: &'static RefCell<Samples>) {
    let mut worker = PageWorker::<{ longest_line(LIMITS.key()) }>::new();
    serve_page(&mut worker, stack, store).await;
}
