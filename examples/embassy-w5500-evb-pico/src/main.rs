//! The metrics server as firmware for the W5500-EVB-Pico: two Cortex-M0+ with Ethernet.
//!
//! This file connects the parts: the drivers of the chip, the network, the workers, the store.

#![no_std]
#![no_main]

mod ethernet;
mod mac;
#[path = "../../embassy-rp-pico-w/src/temperature.rs"]
mod temperature;

use core::cell::RefCell;

use defmt::info;
use defmt_rtt as _;
use embassy_board::{
    BACKGROUND_SOCKETS, Background, Board, METRICS, PUSH_LOST, PUSH_SENT, PageWorker, Settings,
    address, blink, by_dhcp, longest_line, reserve, serve_page, settings,
};
use embassy_executor::Spawner;
use embassy_net::{Runner, Stack, StackResources};
use embassy_rp::bind_interrupts;
use embassy_rp::clocks::RoscRng;
use embassy_rp::dma;
use embassy_rp::gpio::{Input, Level, Output, Pull};
use embassy_rp::peripherals::{DMA_CH0, DMA_CH1};
use embassy_rp::spi::{self, Spi};
use embassy_rp::watchdog::Watchdog;
use embassy_time::{Delay, Duration, Timer};
use metric_embassy_net::Counters;
use metric_proto::{FixedStore, Limits};
use panic_probe as _;
use static_cell::{ConstStaticCell, StaticCell};

use crate::ethernet::{Driver, Wires};
use crate::temperature::Thermometer;

/// The beginning of the keys of the board's own metrics, unless the settings have a name.
const BOARD: &str = "w5500-evb-pico";

/// The metrics of this board besides those of all boards.
const OWN: [&str; 3] = [TEMPERATURE, PUSH_SENT, PUSH_LOST];
const TEMPERATURE: &str = "temperature";

/// The number of workers: eight clients at once, and one worker that listens.
const WORKERS: usize = 8 + 1;

/// The number of connections to the page at once: browsers open two.
const PAGE_WORKERS: usize = 2;

/// The number of sockets: one for each worker, and those of the background.
const SOCKETS: usize = WORKERS + PAGE_WORKERS + BACKGROUND_SOCKETS;

/// The longest line is that of desktops; the longest key is that of the store.
const LIMITS: Limits = Limits::new(640, 48);

/// A store for 64 series from the network and those of the board itself.
type Samples = FixedStore<{ 64 + METRICS + OWN.len() }, 64, 48>;

type Worker = metric_embassy_net::Worker<{ LIMITS.min_input() }, 1024, 1024, 2048>;

bind_interrupts!(struct Interrupts {
    DMA_IRQ_0 => dma::InterruptHandler<DMA_CH0>, dma::InterruptHandler<DMA_CH1>;
});

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    let chip = embassy_rp::init(Default::default());
    let mut watchdog = Watchdog::new(chip.WATCHDOG);
    watchdog.start(WATCHDOG);
    // Spawning fails only beyond the pool size of a task, so it does not fail here.
    spawner.spawn(feed(watchdog).unwrap());
    let mut config = spi::Config::default();
    config.frequency = 30_000_000;
    let wires = Spi::new(
        chip.SPI0,
        chip.PIN_18, // clock
        chip.PIN_19, // to the W5500
        chip.PIN_16, // from it
        chip.DMA_CH0,
        chip.DMA_CH1,
        Interrupts,
        config,
    );
    let select = Output::new(chip.PIN_17, Level::High);
    // The wires have one device, so it fails only if the pin does, which cannot.
    let wires = Wires::new(wires, select, Delay).unwrap();
    let reset = Output::new(chip.PIN_20, Level::High);
    let interrupt = Input::new(chip.PIN_21, Pull::Up);
    let address = mac::address(chip.FLASH);
    let driver = ethernet::start(spawner, address, (wires, interrupt, reset)).await;
    let settings = read_settings();
    let stack = start_network(spawner, driver, &settings);
    let led = Output::new(chip.PIN_25, Level::Low);
    spawner.spawn(blink_address(led, stack).unwrap());
    let thermometer = Thermometer::start(chip.ADC, chip.ADC_TEMP_SENSOR);
    start_server(spawner, (stack, settings), thermometer);
}

/// Reads what the board's owner has written into its flash. The board does not need it.
fn read_settings() -> Settings<'static> {
    settings::read().unwrap_or_else(|unreadable| {
        info!("{}", unreadable.as_str());
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

fn start_server(
    spawner: Spawner,
    (stack, settings): (Stack<'static>, Settings<'static>),
    thermometer: Thermometer,
) {
    static STORE: ConstStaticCell<RefCell<Samples>> =
        ConstStaticCell::new(RefCell::new(Samples::new()));
    static COUNTERS: StaticCell<Counters> = StaticCell::new();
    let name = settings.name.unwrap_or(BOARD);
    let store = STORE.take();
    reserve(store.get_mut(), name, &OWN);
    let (store, counters): (&_, &_) = (store, COUNTERS.init_with(Counters::new));
    let board = Board { name, store, counters };
    let rest = Background { stack, board, settings };
    spawner.spawn(background(rest, thermometer).unwrap());
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
async fn background(background: Background<Samples>, mut thermometer: Thermometer) {
    let mut celsius = || thermometer.celsius();
    background.run(&mut [(TEMPERATURE, &mut celsius)], |notice| info!("{}", notice)).await;
}

/// Blinks the last byte of the board's address while it has one.
#[embassy_executor::task]
async fn blink_address(mut led: Output<'static>, stack: Stack<'static>) {
    loop {
        address::gained(stack).await;
        blink::address(stack, async |lit| led.set_level(lit.into())).await;
    }
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
