//! The server of the emulated boards: its sizes, its store and its tasks.

use core::cell::RefCell;

use embassy_board::{Board, METRICS, reserve};
use embassy_executor::Spawner;
use embassy_net::{Config, Ipv4Address, Ipv4Cidr, Stack, StackResources, StaticConfigV4};
use metric_embassy_net::{Counters, Settings};
use metric_proto::{FixedStore, Limits};
use static_cell::{ConstStaticCell, StaticCell};

/// The number of workers: four clients at once, and one worker that listens.
const WORKERS: usize = 4 + 1;

/// The longest line is that of desktops; the longest key is that of the store.
const LIMITS: Limits = Limits::new(640, 48);

/// A store for 32 series from the network and those of the board itself.
type Samples = FixedStore<{ 32 + METRICS }, 32, 48>;

/// A worker that sends replies of up to 1,024 bytes in one segment.
type Worker =
    metric_embassy_net::Worker<{ LIMITS.min_input() }, { LIMITS.min_output() }, 512, 1024>;

/// The memory of the network stack.
pub type Resources = StackResources<WORKERS>;

/// Starts the server. The keys of the board's own metrics begin with its name.
pub fn start(spawner: Spawner, stack: Stack<'static>, board: &'static str) {
    // The store is too large to be created on the stack.
    static STORE: ConstStaticCell<RefCell<Samples>> =
        ConstStaticCell::new(RefCell::new(Samples::new()));
    static COUNTERS: StaticCell<Counters> = StaticCell::new();
    let store = STORE.take();
    reserve(store.get_mut(), board, &[]);
    let (store, counters): (&_, &_) = (store, COUNTERS.init_with(Counters::new));
    // Spawning fails only beyond the pool size of a task, so it does not fail here.
    spawner.spawn(report(board, store, counters).unwrap());
    for _ in 0..WORKERS {
        spawner.spawn(serve(stack, store, counters).unwrap());
    }
}

#[embassy_executor::task]
async fn report(name: &'static str, store: &'static RefCell<Samples>, counters: &'static Counters) {
    Board { name, store, counters }.report(&mut []).await;
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

/// Returns the address of the first guest in QEMU's user network.
pub fn address() -> Config {
    Config::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(Ipv4Address::new(10, 0, 2, 15), 24),
        gateway: Some(Ipv4Address::new(10, 0, 2, 2)),
        dns_servers: Default::default(),
    })
}
