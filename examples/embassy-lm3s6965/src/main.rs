//! The metrics server as firmware for the Stellaris LM3S6965, a Cortex-M3 with 64 KiB of RAM.
//!
//! This file sets up the chip's drivers, the network, the workers and the store.

#![no_std]
#![no_main]

#[expect(unsafe_code, reason = "names registers by their addresses")]
mod clock;
#[expect(unsafe_code, reason = "names registers by their addresses, and the interrupt handler")]
mod ethernet;
#[expect(unsafe_code, reason = "the executor needs a function of this name, and to be polled")]
mod executor;
#[expect(unsafe_code, reason = "the handler of faults, and a register")]
mod failure;
#[expect(unsafe_code, reason = "a register is memory that others change")]
mod register;
mod time;
#[expect(unsafe_code, reason = "the start-up code finds the table by its name and section")]
mod vectors;

use core::cell::RefCell;

use cortex_m::Peripherals;
use cortex_m_rt::entry;
use embassy_board::{Board, METRICS, reserve};
use embassy_executor::Spawner;
use embassy_net::{Config, Ipv4Address, Ipv4Cidr, Runner, Stack, StackResources, StaticConfigV4};
use metric_embassy_net::{Counters, Settings};
use metric_proto::{FixedStore, Limits, MIN_OUTPUT};
use static_cell::{ConstStaticCell, StaticCell};

use crate::ethernet::Ethernet;

/// The prefix of the board's own keys.
const BOARD: &str = "lm3s6965";

/// Clients served at once, and one more worker that listens meanwhile.
const WORKERS: usize = 4 + 1;

/// The longest line is as on a desktop; the store sets the longest key.
const LIMITS: Limits = Limits::new(640, 48);

/// Room for 32 series of users and for the board's own.
type Samples = FixedStore<{ 32 + METRICS }, 32, 48>;

/// A reply of up to 1,024 bytes leaves in one piece.
type Worker = metric_embassy_net::Worker<{ LIMITS.min_input() }, MIN_OUTPUT, 512, 1024>;

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
    static RESOURCES: StaticCell<StackResources<WORKERS>> = StaticCell::new();
    // It is too large for the stack.
    static STORE: ConstStaticCell<RefCell<Samples>> =
        ConstStaticCell::new(RefCell::new(Samples::new()));
    static COUNTERS: StaticCell<Counters> = StaticCell::new();
    let driver = ETHERNET.init_with(Ethernet::start);
    let resources = RESOURCES.init_with(StackResources::new);
    let (stack, runner) = embassy_net::new(driver, address(), resources, SEED);
    let store = STORE.take();
    reserve(store.get_mut(), BOARD, &[]);
    let (store, counters): (&_, &_) = (store, COUNTERS.init_with(Counters::new));
    // Spawning fails only if a task's pool is full, which it is not.
    spawner.spawn(network(runner).unwrap());
    spawner.spawn(report(store, counters).unwrap());
    for _ in 0..WORKERS {
        spawner.spawn(serve(stack, store, counters).unwrap());
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
    let settings = Settings { limits: LIMITS, ..Settings::default() };
    Worker::new().run(stack, store, &settings, counters).await;
}

/// The address that QEMU's user network gives its first guest.
fn address() -> Config {
    Config::ipv4_static(StaticConfigV4 {
        address: Ipv4Cidr::new(Ipv4Address::new(10, 0, 2, 15), 24),
        gateway: Some(Ipv4Address::new(10, 0, 2, 2)),
        dns_servers: Default::default(),
    })
}

/// The seed of TCP's sequence numbers, fixed because the chip has no source of randomness.
const SEED: u64 = 0x6c6d_3373_3639_3635;
