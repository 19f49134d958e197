//! The metrics server as firmware for the Raspberry Pi Pico W: two Cortex-M0+ with Wi-Fi.
//!
//! This file connects the parts: the drivers of the chip, the network, the workers, the store.

#![no_std]
#![no_main]

mod gateway;
mod temperature;
mod wifi;

use core::cell::RefCell;

use cyw43_pio::DEFAULT_CLOCK_DIVIDER;
use defmt::{info, warn};
use defmt_rtt as _;
use embassy_board::{Board, METRICS, PageWorker, address, longest_line, reserve, serve_page};
use embassy_executor::Spawner;
use embassy_net::{Config, DhcpConfig, Runner, Stack, StackResources};
use embassy_rp::bind_interrupts;
use embassy_rp::clocks::RoscRng;
use embassy_rp::dma::{self, Channel};
use embassy_rp::gpio::{Level, Output};
use embassy_rp::peripherals::{DMA_CH0, PIO0};
use embassy_rp::pio::{self, Pio};
use embassy_rp::watchdog::Watchdog;
use embassy_time::{Duration, Timer};
use metric_embassy_net::{Counters, Settings};
use metric_proto::{FixedStore, Limits};
use panic_probe as _;
use static_cell::{ConstStaticCell, StaticCell};

use crate::temperature::Thermometer;
use crate::wifi::{Driver, Wires};

/// The beginning of the keys of the board's own metrics, and its host name.
const BOARD: &str = "pico-w";
const TEMPERATURE: &str = "temperature";
const LOSSES: &str = "network_losses";

/// The number of workers: eight clients at once, and one worker that listens.
const WORKERS: usize = 8 + 1;

/// The number of connections to the page at once: browsers open two.
const PAGE_WORKERS: usize = 2;

/// The number of sockets: one for each worker, one for DHCP and one for pings.
const SOCKETS: usize = WORKERS + PAGE_WORKERS + 2;

/// The longest line is that of desktops; the longest key is that of the store.
const LIMITS: Limits = Limits::new(640, 48);

/// A store for 64 series from the network and those of the board itself.
type Samples = FixedStore<{ 64 + METRICS + 2 }, 64, 48>;

type Worker = metric_embassy_net::Worker<{ LIMITS.min_input() }, 1024, 1024, 2048>;

bind_interrupts!(struct Interrupts {
    PIO0_IRQ_0 => pio::InterruptHandler<PIO0>;
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>;
});

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let chip = embassy_rp::init(Default::default());
    let mut watchdog = Watchdog::new(chip.WATCHDOG);
    watchdog.start(WATCHDOG);
    // Spawning fails only beyond the pool size of a task, so it does not fail here.
    spawner.spawn(feed(watchdog).unwrap());
    let mut pio = Pio::new(chip.PIO0, Interrupts);
    let wires = Wires::new(
        &mut pio.common,
        pio.sm0,
        DEFAULT_CLOCK_DIVIDER,
        pio.irq0,
        Output::new(chip.PIN_25, Level::High), // selects the radio
        chip.PIN_24,                           // data
        chip.PIN_29,                           // clock
        Channel::new(chip.DMA_CH0, Interrupts),
    );
    let power = Output::new(chip.PIN_23, Level::Low);
    let (driver, control) = wifi::start(spawner, power, wires).await;
    let stack = start_network(spawner, driver, RoscRng.next_u64());
    spawner.spawn(wifi::stay_joined(control, stack).unwrap());
    start_server(spawner, stack, Thermometer::start(chip.ADC, chip.ADC_TEMP_SENSOR));
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
    reserve(store.get_mut(), BOARD, &[TEMPERATURE, LOSSES]);
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
    let (mut celsius, mut losses) = (|| thermometer.celsius(), || wifi::losses().into());
    board.report(&mut [(TEMPERATURE, &mut celsius), (LOSSES, &mut losses)]).await;
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
async fn feed(mut watchdog: Watchdog) {
    loop {
        watchdog.feed(WATCHDOG);
        Timer::after_secs(1).await;
    }
}

/// The time-out of the watchdog.
const WATCHDOG: Duration = Duration::from_secs(8);
