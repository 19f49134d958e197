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
use core::net::SocketAddrV4;

use defmt::{info, warn};
use defmt_rtt as _;
use embassy_board::{
    Board, METRICS, Own, PageWorker, Settings, Unreadable, address, blink, longest_line, reserve,
    serve_page, settings,
};
use embassy_executor::Spawner;
use embassy_net::{Config, DhcpConfig, Runner, Stack, StackResources};
use embassy_stm32::bind_interrupts;
use embassy_stm32::eth::{self, GenericPhy, PacketQueue, Sma};
use embassy_stm32::gpio::{Level, Output, Speed};
use embassy_stm32::peripherals::{ETH, ETH_SMA, IWDG1, RNG};
use embassy_stm32::rng::{self, Rng};
use embassy_stm32::wdg::IndependentWatchdog;
use embassy_time::Timer;
use metric_embassy_mdns::{Name, Responder};
use metric_embassy_net::{Counters, PushCounters, push};
use metric_proto::{FixedStore, Limits};
use panic_probe as _;
use static_cell::{ConstStaticCell, StaticCell};

use crate::temperature::Thermometer;

/// The name in the network, `metric.local`, unless the settings have another one.
const NAME: &str = "metric";

/// The beginning of the keys of the board's own metrics, unless the settings have a name.
const BOARD: &str = "stm32h743";
const TEMPERATURE: &str = "temperature";
const PUSH_SENT: &str = "push_sent";
const PUSH_LOST: &str = "push_lost";

/// The number of workers: 16 clients at once, and two workers that listen.
const WORKERS: usize = 16 + 2;

/// The number of connections to the page at once: browsers open two.
const PAGE_WORKERS: usize = 2;

/// The number of sockets: one for each worker, and one each for DHCP, the name, and reports.
const SOCKETS: usize = WORKERS + PAGE_WORKERS + 3;

/// The longest line is that of desktops; the longest key is that of the store.
const LIMITS: Limits = Limits::new(640, 64);

/// A store for 256 series from the network and those of the board itself.
type Samples = FixedStore<{ 256 + METRICS + 3 }, 64, 64>;

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
    let settings = read_settings();
    let stack = start_network(spawner, driver, (seed, settings.name.unwrap_or(NAME)));
    let led = Output::new(chip.PB0, Level::Low, Speed::Low); // LD1
    spawner.spawn(blink_address(led, stack).unwrap());
    start_server(spawner, stack, (settings, Thermometer::start(chip.ADC3)));
}

fn start_network(
    spawner: Spawner,
    driver: Driver,
    (seed, name): (u64, &'static str),
) -> Stack<'static> {
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();
    let resources = RESOURCES.init_with(StackResources::new);
    let mut dhcp = DhcpConfig::default();
    dhcp.hostname = name.try_into().ok();
    let (stack, runner) = embassy_net::new(driver, Config::dhcpv4(dhcp), resources, seed);
    spawner.spawn(network(runner).unwrap());
    spawner.spawn(tell_address(stack).unwrap());
    if let Ok(name) = Name::new(name) {
        spawner.spawn(be_found(stack, name).unwrap());
    }
    stack
}

fn start_server(
    spawner: Spawner,
    stack: Stack<'static>,
    (settings, thermometer): (Settings<'static>, Thermometer),
) {
    static STORE: ConstStaticCell<RefCell<Samples>> =
        ConstStaticCell::new(RefCell::new(Samples::new()));
    static COUNTERS: StaticCell<Counters> = StaticCell::new();
    static PUSHED: StaticCell<PushCounters> = StaticCell::new();
    let name = settings.name.unwrap_or(BOARD);
    let store = STORE.take();
    reserve(store.get_mut(), name, &[TEMPERATURE, PUSH_SENT, PUSH_LOST]);
    let (store, counters): (&_, &_) = (store, COUNTERS.init_with(Counters::new));
    let pushed: &_ = PUSHED.init_with(PushCounters::new);
    let board = Board { name, store, counters };
    spawner.spawn(report(board, pushed, thermometer).unwrap());
    if let Some(server) = settings.report {
        spawner.spawn(report_to(stack, server, store, pushed).unwrap());
    }
    for _ in 0..WORKERS {
        spawner.spawn(serve(stack, store, counters).unwrap());
    }
    for _ in 0..PAGE_WORKERS {
        spawner.spawn(page(stack, store).unwrap());
    }
}

/// Reads what the board's owner has written into its flash.
fn read_settings() -> Settings<'static> {
    match settings::read() {
        Ok(settings) => settings,
        Err(unreadable) => {
            log_unreadable(unreadable);
            Settings::default()
        }
    }
}

/// A board without settings has an address by DHCP and its usual name, so they need not be there.
fn log_unreadable(unreadable: Unreadable) {
    match unreadable {
        Unreadable::Missing => info!("there are no settings; the name is {}", NAME),
        _ => warn!("{}", unreadable.as_str()),
    }
}

/// Answers to the name in the network.
#[embassy_executor::task]
async fn be_found(stack: Stack<'static>, name: Name) {
    let tell = |name: &Name| info!("the board is also at http://{}.local", name.as_str());
    Responder::<1024>::new().run(stack, name, tell).await;
}

/// Reports all samples to a server elsewhere.
#[embassy_executor::task]
async fn report_to(
    stack: Stack<'static>,
    server: SocketAddrV4,
    store: &'static RefCell<Samples>,
    counters: &'static PushCounters,
) {
    info!("reporting to {}", server);
    push(stack, server.into(), store, counters).await;
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, Driver>) {
    runner.run().await;
}

#[embassy_executor::task]
async fn tell_address(stack: Stack<'static>) {
    let port = metric_embassy_net::Settings::default().port;
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
    board: Board<'static, Samples>,
    pushed: &'static PushCounters,
    mut thermometer: Thermometer,
) {
    let mut celsius = || thermometer.celsius();
    let mut sent = || pushed.reported().into();
    let mut lost = || f64::from(pushed.dropped()) + f64::from(pushed.refused());
    let own: &mut [Own<'_>] =
        &mut [(TEMPERATURE, &mut celsius), (PUSH_SENT, &mut sent), (PUSH_LOST, &mut lost)];
    board.report(own).await;
}

/// Blinks the last byte of the board's address while it has one.
#[embassy_executor::task]
async fn blink_address(mut led: Output<'static>, stack: Stack<'static>) {
    loop {
        stack.wait_config_up().await;
        let address = stack.config_v4().map(|config| config.address.address());
        for (lit, time) in address.into_iter().flat_map(blink::last_byte) {
            led.set_level(lit.into());
            Timer::after(time).await;
        }
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
async fn feed(mut watchdog: IndependentWatchdog<'static, IWDG1>) {
    loop {
        watchdog.pet();
        Timer::after_secs(1).await;
    }
}

/// The time-out of the watchdog in microseconds.
const WATCHDOG: u32 = 8_000_000;
