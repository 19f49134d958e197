//! The server of the emulated boards: its store and its tasks.

use core::cell::RefCell;

#[cfg(not(feature = "flash"))]
use embassy_board::Board;
use embassy_board::{METRICS, reserve};
#[cfg(feature = "page")]
use embassy_board::{PageWorker, longest_line, serve_page};
use embassy_executor::Spawner;
use embassy_net::{Config, Ipv4Address, Ipv4Cidr, Stack, StackResources, StaticConfigV4};
use metric_embassy_net::{Counters, Settings};
use metric_proto::{FixedStore, Limits};
use static_cell::{ConstStaticCell, StaticCell};

use crate::size::SIZE;

/// The number of workers: one for each client at once, and one that listens.
const WORKERS: usize = SIZE.clients + 1;

/// The number of workers of the page.
const PAGE_WORKERS: usize = if cfg!(feature = "page") { SIZE.browsers } else { 0 };

/// The longest key.
pub(crate) const KEY: usize = 48;

const LIMITS: Limits = Limits::new(SIZE.line, KEY);

/// A store for series from the network and those of the board itself.
pub(crate) type Samples =
    FixedStore<{ SIZE.series + METRICS + OWN_METRICS.len() }, { SIZE.samples }, KEY>;

/// A connection's handle of the store.
#[cfg(not(feature = "flash"))]
type Handle = &'static RefCell<Samples>;
#[cfg(feature = "flash")]
use crate::kept::{Handle, OWN_METRICS};

/// The metrics of this board that others do not have.
#[cfg(not(feature = "flash"))]
const OWN_METRICS: &[&str] = &[];

type Worker = metric_embassy_net::Worker<
    { LIMITS.min_input() },
    { LIMITS.min_output() },
    { SIZE.rx },
    { SIZE.tx },
>;

/// The memory of the network stack.
pub type Resources = StackResources<{ WORKERS + PAGE_WORKERS }>;

/// What the tasks share.
pub(crate) struct Shared {
    pub(crate) store: &'static RefCell<Samples>,
    pub(crate) counters: &'static Counters,
}

/// Starts the server. The keys of the board's own metrics begin with its name.
#[cfg(not(feature = "flash"))]
pub fn start(spawner: Spawner, stack: Stack<'static>, board: &'static str) {
    let shared = Shared::new(board);
    let Shared { store, counters } = shared;
    // Spawning fails only beyond the pool size of a task, so it does not fail here.
    spawner.spawn(report(board, store, counters).unwrap());
    shared.serve(spawner, stack, || store);
}

impl Shared {
    /// Creates the store, with places for the board's own metrics. It can be called once.
    pub(crate) fn new(board: &str) -> Self {
        // The store is too large to be created on the stack.
        static STORE: ConstStaticCell<RefCell<Samples>> =
            ConstStaticCell::new(RefCell::new(Samples::new()));
        static COUNTERS: StaticCell<Counters> = StaticCell::new();
        let store = STORE.take();
        reserve(store.get_mut(), board, OWN_METRICS);
        Self { store, counters: COUNTERS.init_with(Counters::new) }
    }

    /// Starts the tasks that serve, each with a handle of the store.
    pub(crate) fn serve(
        &self,
        spawner: Spawner,
        stack: Stack<'static>,
        handle: impl Fn() -> Handle,
    ) {
        for _ in 0..WORKERS {
            spawner.spawn(serve(stack, handle(), self.counters).unwrap());
        }
        #[cfg(feature = "page")]
        for _ in 0..PAGE_WORKERS {
            spawner.spawn(page(stack, self.store).unwrap());
        }
    }
}

#[cfg(not(feature = "flash"))]
#[embassy_executor::task]
async fn report(name: &'static str, store: &'static RefCell<Samples>, counters: &'static Counters) {
    Board { name, store, counters }.report(&mut []).await;
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

/// Returns the address of the first guest in QEMU's user network.
pub fn address() -> Config {
    Config::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(Ipv4Address::new(10, 0, 2, 15), 24),
        gateway: Some(Ipv4Address::new(10, 0, 2, 2)),
        dns_servers: Default::default(),
    })
}
