//! The metrics server as firmware for boards with an ESP32-C3: a RISC-V with Wi-Fi.
//!
//! This file connects the parts: the drivers of the chip, the network, the workers, the store.

#![no_std]
#![no_main]

mod settings;
mod wifi;

use core::cell::{Cell, RefCell};

use embassy_board::{
    BACKGROUND_SOCKETS, Background, Board, METRICS, PUSH_LOST, PUSH_SENT, PageWorker, Settings,
    Station, by_dhcp, longest_line, reserve, serve_page, stack,
};
use embassy_executor::Spawner;
use embassy_net::{Runner, Stack, StackResources};
use embassy_time::Timer;
use esp_backtrace as _;
use esp_hal::clock::CpuClock;
use esp_hal::gpio::{Level, Output, OutputConfig};
use esp_hal::peripherals::{FLASH, TIMG0};
use esp_hal::rng::Rng;
use esp_hal::time::Duration;
use esp_hal::timer::timg::{MwdtStage, TimerGroup, Wdt};
use esp_hal::tsens::TemperatureSensor;
use esp_println::println;
use esp_radio::wifi::{Interface, WifiController};
use metric_embassy_net::Counters;
use metric_proto::{FixedStore, Limits};
use static_cell::{ConstStaticCell, StaticCell};

use crate::wifi::EspRadio;

esp_bootloader_esp_idf::esp_app_desc!();

/// The beginning of the keys of the board's own metrics, unless the settings have a name.
const BOARD: &str = "esp32-c3";

/// The metrics of this board besides those of all boards.
const OWN: [&str; 5] = [TEMPERATURE, HEAP_FREE, LOSSES, PUSH_SENT, PUSH_LOST];
const TEMPERATURE: &str = "temperature";
const HEAP_FREE: &str = "heap_free";
const LOSSES: &str = "network_losses";

/// The number of workers: eight clients at once, and one worker that listens.
const WORKERS: usize = 8 + 1;

/// The number of connections to the page at once: browsers open two.
const PAGE_WORKERS: usize = 2;

/// The number of sockets: one for each worker, those of the background, and one for pings.
const SOCKETS: usize = WORKERS + PAGE_WORKERS + BACKGROUND_SOCKETS + 1;

/// The longest line is that of desktops; the longest key is that of the store.
const LIMITS: Limits = Limits::new(640, 48);

/// A store for 64 series from the network and those of the board itself.
type Samples = FixedStore<{ 64 + METRICS + OWN.len() }, 64, 48>;

type Worker = metric_embassy_net::Worker<{ LIMITS.min_input() }, 1024, 1024, 2048>;

#[esp_rtos::main]
async fn main(spawner: Spawner) {
    // Before the end of the stack is guarded.
    stack::paint();
    let chip = esp_hal::init(esp_hal::Config::default().with_cpu_clock(CpuClock::max()));
    // For the radio's driver. The first part is what the boot loader had.
    esp_alloc::heap_allocator!(#[esp_hal::ram(reclaimed)] size: 64 * 1024);
    esp_alloc::heap_allocator!(size: 48 * 1024);
    let timers = TimerGroup::new(chip.TIMG0);
    esp_rtos::start(timers.timer0, chip.FROM_CPU_INTR0);
    // Spawning fails only beyond the pool size of a task, so it does not fail here.
    spawner.spawn(feed(timers.wdt).unwrap());
    let led = Output::new(chip.GPIO8, Level::High, OutputConfig::default());
    // It fails only if there is no memory for it, as no build may have.
    let controller = WifiController::new(chip.WIFI, Default::default()).unwrap();
    let settings = read_settings(chip.FLASH);
    let stack = start_network(spawner, &settings);
    static LOST: ConstStaticCell<Cell<u32>> = ConstStaticCell::new(Cell::new(0));
    let losses: &_ = LOST.take();
    match settings.wifi {
        Some(wifi) => {
            let (radio, station) = (EspRadio { controller, led }, Station { stack, wifi, losses });
            spawner.spawn(stay_joined(radio, station).unwrap());
        }
        None => println!("the settings have no Wi-Fi network"),
    }
    // No configuration of the sensor is wrong.
    let sensor = TemperatureSensor::new(chip.TSENS, Default::default()).unwrap();
    start_server(spawner, (stack, settings), (sensor, losses));
}

/// Reads what the board's owner has written into its flash. Without a network there, the board is found
/// by nobody.
fn read_settings(flash: FLASH<'static>) -> Settings<'static> {
    settings::read(flash).unwrap_or_else(|unreadable| {
        println!("{unreadable}");
        Settings::default()
    })
}

fn start_network(spawner: Spawner, settings: &Settings<'_>) -> Stack<'static> {
    static RESOURCES: StaticCell<StackResources<SOCKETS>> = StaticCell::new();
    let resources = RESOURCES.init_with(StackResources::new);
    let seed = [(); 2].map(|()| Rng::new().random());
    let seed = u64::from(seed[0]) << 32 | u64::from(seed[1]);
    let driver = Interface::station();
    let (stack, runner) = embassy_net::new(driver, by_dhcp(settings), resources, seed);
    spawner.spawn(network(runner).unwrap());
    stack
}

fn start_server(
    spawner: Spawner,
    (stack, settings): (Stack<'static>, Settings<'static>),
    (sensor, losses): (TemperatureSensor<'static>, &'static Cell<u32>),
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
    spawner.spawn(background(rest, sensor, losses).unwrap());
    for _ in 0..WORKERS {
        spawner.spawn(serve(stack, store, counters).unwrap());
    }
    for _ in 0..PAGE_WORKERS {
        spawner.spawn(page(stack, store).unwrap());
    }
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, Interface>) {
    runner.run().await;
}

#[embassy_executor::task]
async fn stay_joined(mut radio: EspRadio, station: Station<'static>) {
    station.stay_joined(&mut radio, |notice| println!("{notice}")).await;
}

#[embassy_executor::task]
async fn background(
    background: Background<Samples>,
    sensor: TemperatureSensor<'static>,
    losses: &'static Cell<u32>,
) {
    let mut celsius = || sensor.get_temperature().to_celsius().into();
    let (mut heap, mut losses) = (|| esp_alloc::HEAP.free() as f64, || losses.get().into());
    let own = &mut [
        (TEMPERATURE, &mut celsius as _),
        (HEAP_FREE, &mut heap as _),
        (LOSSES, &mut losses as _),
    ];
    background.run(own, |notice| println!("{notice}")).await;
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
async fn feed(mut watchdog: Wdt<TIMG0<'static>>) {
    watchdog.set_timeout(MwdtStage::Stage0, WATCHDOG);
    watchdog.enable();
    loop {
        watchdog.feed();
        Timer::after_secs(1).await;
    }
}

/// The time-out of the watchdog.
const WATCHDOG: Duration = Duration::from_secs(8);
