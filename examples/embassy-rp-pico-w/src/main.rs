//! The metrics server as firmware for the Raspberry Pi Pico W, two Cortex-M0+ with Wi-Fi, and for the
//! Pico 2 W, two Cortex-M33. The target of the build selects the board.
//!
//! This file connects the parts: the drivers of the chip, the network, the workers, the store.

#![no_std]
#![no_main]

#[cfg(feature = "flash")]
mod kept;
mod temperature;
mod wifi;

use core::cell::{Cell, RefCell};

use cyw43_pio::{DEFAULT_CLOCK_DIVIDER, RM2_CLOCK_DIVIDER};
use defmt::{error, info};
use defmt_rtt as _;
use embassy_board::{
    BACKGROUND_SOCKETS, Background, Board, METRICS, PUSH_LOST, PUSH_SENT, PageWorker, Settings,
    Station, by_dhcp, longest_line, reserve, serve_page, settings,
};
use embassy_executor::Spawner;
use embassy_net::{Runner, Stack, StackResources};
use embassy_rp::bind_interrupts;
use embassy_rp::clocks::RoscRng;
use embassy_rp::dma::{self, Channel};
use embassy_rp::gpio::{Level, Output};
use embassy_rp::peripherals::{DMA_CH0, PIO0};
use embassy_rp::pio::{self, Pio};
use embassy_rp::watchdog::Watchdog;
use embassy_time::{Duration, Timer};
use metric_embassy_net::Counters;
use metric_proto::{FixedStore, Limits};
use panic_probe as _;
use static_cell::{ConstStaticCell, StaticCell};

#[cfg(feature = "flash")]
use crate::kept::Handle;
use crate::temperature::Thermometer;
use crate::wifi::{Driver, PicoRadio, Wires};

/// The beginning of the keys of the board's own metrics, unless the settings have a name.
const BOARD: &str = if cfg!(rp2350) { "pico-2-w" } else { "pico-w" };

/// The metrics of this board besides those of all boards.
const OWN: [&str; 4] = [TEMPERATURE, LOSSES, PUSH_SENT, PUSH_LOST];
const TEMPERATURE: &str = "temperature";
const LOSSES: &str = "network_losses";

/// The number of workers: eight clients at once, and one worker that listens.
const WORKERS: usize = 8 + 1;

/// The number of connections to the page at once: browsers open two.
const PAGE_WORKERS: usize = 2;

/// The number of sockets: one for each worker, those of the background, and one for pings.
const SOCKETS: usize = WORKERS + PAGE_WORKERS + BACKGROUND_SOCKETS + 1;

/// The longest key.
const KEY: usize = 48;

/// The longest line is that of desktops.
const LIMITS: Limits = Limits::new(640, KEY);

/// The number of samples of each series. The Pico 2 W has twice the RAM.
const SAMPLES: usize = if cfg!(rp2350) { 256 } else { 64 };

/// A store for 64 series from the network and those of the board itself.
type Samples = FixedStore<{ 64 + METRICS + OWN.len() }, SAMPLES, KEY>;

/// A connection's handle of the store.
#[cfg(not(feature = "flash"))]
type Handle = &'static RefCell<Samples>;

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
        // The RP2350 has a faster clock, and the radio's wires are no better.
        if cfg!(rp2350) { RM2_CLOCK_DIVIDER } else { DEFAULT_CLOCK_DIVIDER },
        pio.irq0,
        Output::new(chip.PIN_25, Level::High), // selects the radio
        chip.PIN_24,                           // data
        chip.PIN_29,                           // clock
        Channel::new(chip.DMA_CH0, Interrupts),
    );
    let power = Output::new(chip.PIN_23, Level::Low);
    let (driver, radio) = wifi::start(spawner, power, wires).await;
    let settings = read_settings();
    let stack = start_network(spawner, driver, &settings);
    static LOST: ConstStaticCell<Cell<u32>> = ConstStaticCell::new(Cell::new(0));
    let losses: &_ = LOST.take();
    match settings.wifi {
        Some(wifi) => spawner.spawn(stay_joined(radio, Station { stack, wifi, losses }).unwrap()),
        None => error!("the settings have no Wi-Fi network"),
    }
    let thermometer = Thermometer::start(chip.ADC, chip.ADC_TEMP_SENSOR);
    let server = start_background(spawner, (stack, settings), (thermometer, losses));
    #[cfg(not(feature = "flash"))]
    server.start(spawner, || server.store);
    #[cfg(feature = "flash")]
    spawner.spawn(kept::run(spawner, chip.FLASH, server).unwrap());
}

/// Reads what the board's owner has written into its flash. Without a network there, the board is found
/// by nobody.
fn read_settings() -> Settings<'static> {
    settings::read().unwrap_or_else(|unreadable| {
        error!("{}", unreadable.as_str());
        Settings::default()
    })
}

fn start_network(spawner: Spawner, driver: Driver, settings: &Settings<'_>) -> Stack<'static> {
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();
    let resources = RESOURCES.init_with(StackResources::new);
    let seed = RoscRng.next_u64();
    let (stack, runner) = embassy_net::new(driver, by_dhcp(settings), resources, seed);
    spawner.spawn(network(runner).unwrap());
    stack
}

/// Creates the store, and starts what does not wait for the samples in it.
fn start_background(
    spawner: Spawner,
    (stack, settings): (Stack<'static>, Settings<'static>),
    (thermometer, losses): (Thermometer, &'static Cell<u32>),
) -> Server {
    static STORE: ConstStaticCell<RefCell<Samples>> =
        ConstStaticCell::new(RefCell::new(Samples::new()));
    static COUNTERS: StaticCell<Counters> = StaticCell::new();
    let name = settings.name.unwrap_or(BOARD);
    let store = STORE.take();
    reserve(store.get_mut(), name, &OWN);
    let (store, counters): (&_, &_) = (store, COUNTERS.init_with(Counters::new));
    let board = Board { name, store, counters };
    let rest = Background { stack, board, settings };
    spawner.spawn(background(rest, thermometer, losses).unwrap());
    Server { stack, store, counters }
}

/// What the workers share.
#[derive(Clone, Copy)]
struct Server {
    stack: Stack<'static>,
    store: &'static RefCell<Samples>,
    counters: &'static Counters,
}

impl Server {
    /// Starts the workers, each with a handle of the store.
    fn start(self, spawner: Spawner, handle: impl Fn() -> Handle) {
        for _ in 0..WORKERS {
            spawner.spawn(serve(self.stack, handle(), self.counters).unwrap());
        }
        for _ in 0..PAGE_WORKERS {
            spawner.spawn(page(self.stack, self.store).unwrap());
        }
    }
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, Driver>) {
    runner.run().await;
}

#[embassy_executor::task]
async fn stay_joined(mut radio: PicoRadio, station: Station<'static>) {
    station.stay_joined(&mut radio, |notice| info!("{}", notice)).await;
}

#[embassy_executor::task]
async fn background(
    background: Background<Samples>,
    mut thermometer: Thermometer,
    losses: &'static Cell<u32>,
) {
    let (mut celsius, mut losses) = (|| thermometer.celsius(), || losses.get().into());
    let own = &mut [(TEMPERATURE, &mut celsius as _), (LOSSES, &mut losses as _)];
    background.run(own, |notice| info!("{}", notice)).await;
}

#[embassy_executor::task(pool_size = PAGE_WORKERS)]
async fn page(stack: Stack<'static>, store: &'static RefCell<Samples>) {
    let mut worker = PageWorker::<{ longest_line(LIMITS.key()) }>::new();
    serve_page(&mut worker, stack, store).await;
}

#[embassy_executor::task(pool_size = WORKERS)]
async fn serve(stack: Stack<'static>, store: Handle, counters: &'static Counters) {
    let settings = metric_embassy_net::Settings::new(LIMITS);
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
