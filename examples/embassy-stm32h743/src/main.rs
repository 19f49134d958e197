//! The metrics server as firmware for the Nucleo-H743ZI2: a Cortex-M7 with Ethernet.
//!
//! This file connects the parts: the drivers of the chip, the network, the workers, the store.

#![no_std]
#![no_main]

#[cfg(feature = "flash")]
#[expect(unsafe_code, reason = "reads flash of which a word may be damaged")]
mod bank;
mod clock;
#[cfg(feature = "flash")]
mod kept;
mod mac;
#[expect(unsafe_code, reason = "reads factory calibration values at fixed addresses")]
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
use embassy_stm32::bind_interrupts;
use embassy_stm32::eth::{self, GenericPhy, PacketQueue, Sma};
use embassy_stm32::gpio::{Level, Output, Speed};
use embassy_stm32::peripherals::{ETH, ETH_SMA, IWDG1, RNG};
use embassy_stm32::rng::{self, Rng};
use embassy_stm32::wdg::IndependentWatchdog;
use embassy_time::Timer;
use metric_embassy_mdns::Name;
use metric_embassy_net::Counters;
use metric_proto::{FixedStore, Limits};
use panic_probe as _;
use static_cell::{ConstStaticCell, StaticCell};

#[cfg(feature = "flash")]
use crate::kept::Handle;
use crate::temperature::Thermometer;

/// The beginning of the keys of the board's own metrics, unless the settings have a name.
const BOARD: &str = "stm32h743";

/// The metrics of this board besides those of all boards.
const OWN: [&str; 3] = [TEMPERATURE, PUSH_SENT, PUSH_LOST];
const TEMPERATURE: &str = "temperature";

/// The number of workers: 16 clients at once, and two workers that listen.
const WORKERS: usize = 16 + 2;

/// The number of connections to the page at once: browsers open two.
const PAGE_WORKERS: usize = 2;

/// The number of sockets: one for each worker, and those of the background.
const SOCKETS: usize = WORKERS + PAGE_WORKERS + BACKGROUND_SOCKETS;

/// The longest key.
const KEY: usize = 64;

/// The longest line is that of desktops.
const LIMITS: Limits = Limits::new(640, KEY);

/// A store for 256 series from the network and those of the board itself.
type Samples = FixedStore<{ 256 + METRICS + OWN.len() }, 64, KEY>;

/// A connection's handle of the store.
#[cfg(not(feature = "flash"))]
type Handle = &'static RefCell<Samples>;

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
    let settings = read_settings();
    let seed = Rng::new(chip.RNG, Interrupts).next_u64();
    let stack = start_network(spawner, (driver, seed), &settings);
    let led = Output::new(chip.PB0, Level::Low, Speed::Low); // LD1
    spawner.spawn(blink_address(led, stack).unwrap());
    let server = start_background(spawner, (stack, settings), Thermometer::start(chip.ADC3));
    #[cfg(not(feature = "flash"))]
    server.start(spawner, || server.store);
    #[cfg(feature = "flash")]
    spawner.spawn(kept::run(spawner, chip.FLASH, server).unwrap());
}

/// Reads what the board's owner has written into its flash. The board does not need it.
fn read_settings() -> Settings<'static> {
    let settings = settings::read().unwrap_or_else(|unreadable| {
        info!("{}", unreadable.as_str());
        Settings::default()
    });
    Settings { name: settings.name.and_then(in_memory), ..settings }
}

/// Copies a name from flash, where reading it would wait while a sector of the same bank is erased.
fn in_memory(name: &str) -> Option<&'static str> {
    static NAME: StaticCell<Name> = StaticCell::new();
    Name::new(name).ok().map(|name| NAME.init(name).as_str())
}

fn start_network(
    spawner: Spawner,
    (driver, seed): (Driver, u64),
    settings: &Settings<'_>,
) -> Stack<'static> {
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();
    let resources = RESOURCES.init_with(StackResources::new);
    let (stack, runner) = embassy_net::new(driver, by_dhcp(settings), resources, seed);
    spawner.spawn(network(runner).unwrap());
    stack
}

/// Creates the store, and starts what does not wait for the samples in it.
fn start_background(
    spawner: Spawner,
    (stack, settings): (Stack<'static>, Settings<'static>),
    thermometer: Thermometer,
) -> Server {
    static STORE: ConstStaticCell<RefCell<Samples>> =
        ConstStaticCell::new(RefCell::new(Samples::new()));
    static COUNTERS: StaticCell<Counters> = StaticCell::new();
    let name = settings.name.unwrap_or(BOARD);
    let store = STORE.take();
    reserve(store.get_mut(), name, &OWN);
    let (store, counters): (&_, &_) = (store, COUNTERS.init_with(Counters::new));
    let board = Board { name, store, counters };
    spawner.spawn(background(Background { stack, board, settings }, thermometer).unwrap());
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
async fn serve(stack: Stack<'static>, store: Handle, counters: &'static Counters) {
    let settings = metric_embassy_net::Settings::new(LIMITS);
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
