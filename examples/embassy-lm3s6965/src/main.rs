//! The metrics server as firmware for the Stellaris LM3S6965, a Cortex-M3 with 64 KiB of RAM.
//!
//! This file connects the parts: the drivers of the chip, the network, the workers, the store.

#![no_std]
#![no_main]

#[expect(unsafe_code, reason = "accesses registers by their addresses")]
mod clock;
#[expect(unsafe_code, reason = "accesses registers by their addresses and exports a handler")]
mod ethernet;
#[expect(unsafe_code, reason = "polls the executor and exports its pender by name")]
mod executor;
#[expect(unsafe_code, reason = "handles faults and reads a register")]
mod failure;
#[expect(unsafe_code, reason = "reads and writes memory that the hardware changes")]
mod register;
mod size;
mod time;
#[expect(unsafe_code, reason = "exports the vector table by name and section")]
mod vectors;

use core::cell::RefCell;

use cortex_m::Peripherals;
use cortex_m_rt::entry;
use embassy_board::{Board, METRICS, reserve};
#[cfg(feature = "page")]
use embassy_board::{PageWorker, longest_line, serve_page};
use embassy_executor::Spawner;
use embassy_net::{Config, Ipv4Address, Ipv4Cidr, Runner, Stack, StackResources, StaticConfigV4};
use metric_embassy_net::{Counters, Settings};
use metric_proto::{FixedStore, Limits};
use static_cell::{ConstStaticCell, StaticCell};

use crate::ethernet::Ethernet;
use crate::size::SIZE;

/// The beginning of the keys of the board's own metrics.
const BOARD: &str = "lm3s6965";

/// The number of workers: one for each client at once, and one that listens.
const WORKERS: usize = SIZE.clients + 1;

/// The number of workers of the page.
const PAGE_WORKERS: usize = if cfg!(feature = "page") { SIZE.browsers } else { 0 };

/// The longest key is that of the store.
const LIMITS: Limits = Limits::new(SIZE.line, 48);

/// A store for series from the network and those of the board itself.
type Samples = FixedStore<{ SIZE.series + METRICS }, { SIZE.samples }, 48>;

type Worker = metric_embassy_net::Worker<
    { LIMITS.min_input() },
    { LIMITS.min_output() },
    { SIZE.rx },
    { SIZE.tx },
>;

#[entry]
fn main() -> ! {
    clock::start();
    if let Some(mut peripherals) = Peripherals::take() {
        time::start(&mut peripherals.SYST);
    }
    executor::run(start)
}

fn start(spawner: Spawner) {
    static ETHERNET: StaticCell<Ethernet> = StaticCell::new();
    static RESOURCES: StaticCell<StackResources<{ WORKERS + PAGE_WORKERS }>> = StaticCell::new();
    // The store is too large to be created on the stack.
    static STORE: ConstStaticCell<RefCell<Samples>> =
        ConstStaticCell::new(RefCell::new(Samples::new()));
    static COUNTERS: StaticCell<Counters> = StaticCell::new();
    let driver = ETHERNET.init_with(Ethernet::start);
    let resources = RESOURCES.init_with(StackResources::new);
    let (stack, runner) = embassy_net::new(driver, address(), resources, SEED);
    let store = STORE.take();
    reserve(store.get_mut(), BOARD, &[]);
    let (store, counters): (&_, &_) = (store, COUNTERS.init_with(Counters::new));
    // Spawning fails only beyond the pool size of a task, so it does not fail here.
    spawner.spawn(network(runner).unwrap());
    spawner.spawn(report(store, counters).unwrap());
    for _ in 0..WORKERS {
        spawner.spawn(serve(stack, store, counters).unwrap());
    }
    #[cfg(feature = "page")]
    for _ in 0..PAGE_WORKERS {
        spawner.spawn(page(stack, store).unwrap());
    }
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, &'static mut Ethernet>) {
    runner.run().await;
}

#[embassy_executor::task]
async fn report(store: &'static RefCell<Samples>, counters: &'static Counters) {
    Board { name: BOARD, store, counters }.report(&mut []).await;
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

/// Returns the address of the first guest in QEMU's user network.
fn address() -> Config {
    Config::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(Ipv4Address::new(10, 0, 2, 15), 24),
        gateway: Some(Ipv4Address::new(10, 0, 2, 2)),
        dns_servers: Default::default(),
    })
}

/// The fixed seed of the network stack, since the chip has no source of randomness.
const SEED: u64 = 0x6c6d_3373_3639_3635;
