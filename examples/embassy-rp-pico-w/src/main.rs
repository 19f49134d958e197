//! The metrics server as firmware for the Raspberry Pi Pico W: two Cortex-M0+ with Wi-Fi.
//!
//! This file connects the parts: the drivers of the chip, the network, the workers, the store.

#![no_std]
#![no_main]

mod gateway;
mod temperature;
mod wifi;

use core::cell::RefCell;
use core::net::SocketAddrV4;

use cyw43_pio::DEFAULT_CLOCK_DIVIDER;
use defmt::{error, info, warn};
use defmt_rtt as _;
use embassy_board::{
    Board, METRICS, Own, PageWorker, Settings, address, longest_line, reserve, serve_page, settings,
};
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
use metric_embassy_mdns::{Name, Responder};
use metric_embassy_net::{Counters, PushCounters, push};
use metric_proto::{FixedStore, Limits};
use panic_probe as _;
use static_cell::{ConstStaticCell, StaticCell};

use crate::temperature::Thermometer;
use crate::wifi::{Driver, Wires};

/// The name in the network, `metric.local`, unless the settings have another one.
const NAME: &str = "metric";

/// The beginning of the keys of the board's own metrics, unless the settings have a name.
const BOARD: &str = "pico-w";
const TEMPERATURE: &str = "temperature";
const LOSSES: &str = "network_losses";
const PUSH_SENT: &str = "push_sent";
const PUSH_LOST: &str = "push_lost";

/// The number of workers: eight clients at once, and one worker that listens.
const WORKERS: usize = 8 + 1;

/// The number of connections to the page at once: browsers open two.
const PAGE_WORKERS: usize = 2;

/// The number of sockets: one for each worker, and one each for DHCP, pings, the name, and reports.
const SOCKETS: usize = WORKERS + PAGE_WORKERS + 4;

/// The longest line is that of desktops; the longest key is that of the store.
const LIMITS: Limits = Limits::new(640, 48);

/// A store for 64 series from the network and those of the board itself.
type Samples = FixedStore<{ 64 + METRICS + 4 }, 64, 48>;

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
    let settings = read_settings();
    let name = settings.name.unwrap_or(NAME);
    let stack = start_network(spawner, driver, (RoscRng.next_u64(), name));
    if let Some(network) = settings.wifi {
        spawner.spawn(wifi::stay_joined(control, stack, network).unwrap());
    }
    let thermometer = Thermometer::start(chip.ADC, chip.ADC_TEMP_SENSOR);
    start_server(spawner, stack, (settings, thermometer));
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
    reserve(store.get_mut(), name, &[TEMPERATURE, LOSSES, PUSH_SENT, PUSH_LOST]);
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

/// Reads what the board's owner has written into its flash. Without a network there, the board is found
/// by nobody.
fn read_settings() -> Settings<'static> {
    let settings = settings::read();
    match settings {
        Ok(Settings { wifi: None, .. }) => error!("the settings have no Wi-Fi network"),
        Ok(_) => {}
        Err(unreadable) => error!("{}", unreadable.as_str()),
    }
    settings.unwrap_or_default()
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
    let (mut celsius, mut losses) = (|| thermometer.celsius(), || wifi::losses().into());
    let mut sent = || pushed.reported().into();
    let mut lost = || f64::from(pushed.dropped()) + f64::from(pushed.refused());
    let own: &mut [Own<'_>] = &mut [
        (TEMPERATURE, &mut celsius),
        (LOSSES, &mut losses),
        (PUSH_SENT, &mut sent),
        (PUSH_LOST, &mut lost),
    ];
    board.report(own).await;
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
