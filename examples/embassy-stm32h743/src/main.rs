//! The metrics server as firmware for the Nucleo-H743ZI2: a Cortex-M7 with Ethernet.
//!
//! This file connects the parts: the drivers of the chip, the network, the workers, the store.

#![no_std]
#![no_main]

mod clock;
mod mac;
#[expect(unsafe_code, reason = "reads factory calibration values at fixed addresses")]
mod temperature;

use core::cell::RefCell;

use defmt::{info, warn};
use defmt_rtt as _;
use embassy_board::{Board, METRICS, PageWorker, address, longest_line, reserve, serve_page};
use embassy_executor::Spawner;
use embassy_net::{Config, DhcpConfig, Runner, Stack, StackResources};
use embassy_stm32::bind_interrupts;
use embassy_stm32::eth::{self, GenericPhy, PacketQueue, Sma};
use embassy_stm32::peripherals::{ETH, ETH_SMA, IWDG1, RNG};
use embassy_stm32::rng::{self, Rng};
use embassy_stm32::wdg::IndependentWatchdog;
use embassy_time::Timer;
use metric_embassy_net::{Counters, Settings};
use metric_proto::{FixedStore, Limits};
use panic_probe as _;
use static_cell::{ConstStaticCell, StaticCell};

use crate::temperature::Thermometer;

/// The beginning of the keys of the board's own metrics, and its host name.
const BOARD: &str = "stm32h743";
const TEMPERATURE: &str = "temperature";

/// The number of workers: 16 clients at once, and two workers that listen.
const WORKERS: usize = 16 + 2;

/// The number of connections to the page at once: browsers open two.
const PAGE_WORKERS: usize = 2;

/// The number of sockets: one for each worker, and one for DHCP.
const SOCKETS: usize = WORKERS + PAGE_WORKERS + 1;

/// The longest line is that of desktops; the longest key is that of the store.
const LIMITS: Limits = Limits::new(640, 64);

/// A store for 256 series from the network and those of the board itself.
type Samples = FixedStore<{ 256 + METRICS + 1 }, 64, 64>;

type Worker = metric_embassy_net::Worker<{ LIMITS.min_input() }, 2048, 1024, 2048>;

type Driver = eth::Ethernet<'static, ETH, GenericPhy<Sma<'static, ETH_SMA>>>;

bind_interrupts!(struct Interrupts {
    ETH => eth::InterruptHandler;
    RNG => rng::InterruptHandler<RNG>;
});

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let chip = embassy_stm32::init(clock::config());
    let mut watchdog = IndependentWatchdog::new(chip.IWDG1, WATCHDOG);
    watchdog.unleash();
    // Spawning fails only beyond the pool size of a task, so it does not fail here.
    spawner.spawn(feed(watchdog).unwrap());
    let seed = Rng::new(chip.RNG, Interrupts).next_u64();
    // Static, since it is too large to be created on the stack.
    static FRAMES: ConstStaticCell<PacketQueue<4, 8>> = ConstStaticCell::new(PacketQueue::new());
    let driver = Driver::new(
        FRAMES.take(),
        chip.ETH,
        Interrupts,
        chip.PA1,  // REF_CLK
        chip.PA7,  // CRS_DV
        chip.PC4,  // RXD0
        chip.PC5,  // RXD1
        chip.PG13, // TXD0
        chip.PB13, // TXD1
        chip.PG11, // TX_EN
        mac::address(),
        chip.ETH_SMA,
        chip.PA2, // MDIO
        chip.PC1, // MDC
    );
    let stack = start_network(spawner, driver, seed);
    start_server(spawner, stack, Thermometer::start(chip.ADC3));
}

fn start_network(spawner: Spawner, driver: Driver, seed: u64) -> Stack<'static> {
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();
    let resources = RESOURCES.init_with(StackResources::new);
    let mut dhcp = DhcpConfig::default();
    dhcp.hostname = BOARD.try_into().ok();
    let (stack, runner) = embassy_net::new(driver, Config::dhcpv4(dhcp), resources, seed);
    spawner.spawn(network(runner).unwrap());
    spawner.spawn(tell_address(stack).unwrap());
    stack
}

fn start_server(spawner: Spawner, stack: Stack<'static>, thermometer: Thermometer) {
    static STORE: ConstStaticCell<RefCell<Samples>> =
        ConstStaticCell::new(RefCell::new(Samples::new()));
    static COUNTERS: StaticCell<Counters> = StaticCell::new();
    let store = STORE.take();
    reserve(store.get_mut(), BOARD, &[TEMPERATURE]);
    let (store, counters): (&_, &_) = (store, COUNTERS.init_with(Counters::new));
    spawner.spawn(report(store, counters, thermometer).unwrap());
    for _ in 0..WORKERS {
        spawner.spawn(serve(stack, store, counters).unwrap());
    }
    for _ in 0..PAGE_WORKERS {
        spawner.spawn(page(stack, store).unwrap());
    }
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, Driver>) {
    runner.run().await;
}

#[embassy_executor::task]
async fn tell_address(stack: Stack<'static>) {
    let port = Settings::default().port;
    address::watch(stack, |address| match address {
        Some(address) => {
            info!("the board's page is at http://{}", address);
            info!("the board answers at {}:{}", address, port);
        }
        None => warn!("the board has lost its address"),
    })
    .await;
}

#[embassy_executor::task]
async fn report(
    store: &'static RefCell<Samples>,
    counters: &'static Counters,
    mut thermometer: Thermometer,
) {
    let board = Board { name: BOARD, store, counters };
    board.report(&mut [(TEMPERATURE, &mut || thermometer.celsius())]).await;
}

#[embassy_executor::task(pool_size = PAGE_WORKERS)]
async fn page(stack: Stack<'static>, store: &'static RefCell<Samples>) {
    let mut worker = PageWorker::<{ longest_line(LIMITS.key()) }>::new();
    serve_page(&mut worker, stack, store).await;
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

/// Feeds the watchdog, which restarts the chip when tasks no longer run: after a panic or a fault.
#[embassy_executor::task]
async fn feed(mut watchdog: IndependentWatchdog<'static, IWDG1>) {
    loop {
        watchdog.pet();
        Timer::after_secs(1).await;
    }
}

/// The time-out of the watchdog in microseconds.
const WATCHDOG: u32 = 8_000_000;
