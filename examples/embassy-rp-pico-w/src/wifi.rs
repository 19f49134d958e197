//! Starts the radio and joins a Wi-Fi network.

use core::future::pending;

use cyw43::{Control, JoinError, JoinOptions, PowerManagementMode, SpiBus, State, aligned_bytes};
use cyw43_pio::PioSpi;
use defmt::{info, warn};
use embassy_board::{Wifi, blink};
use embassy_executor::Spawner;
use embassy_futures::select::{Either, select};
use embassy_net::Stack;
use embassy_rp::gpio::Output;
use embassy_rp::peripherals::PIO0;
use embassy_time::{Duration, Timer, with_timeout};
use portable_atomic::AtomicU32;
use portable_atomic::Ordering::Relaxed;
use static_cell::StaticCell;

use crate::gateway;

/// The wires to the radio.
pub(crate) type Wires = PioSpi<'static, PIO0, 0>;

/// The radio's driver for embassy-net.
pub(crate) type Driver = cyw43::NetDriver<'static>;

type Runner = cyw43::Runner<'static, SpiBus<Output<'static>, Wires>>;

/// Starts the radio. Does not join a network yet.
pub(crate) async fn start(
    spawner: Spawner,
    power: Output<'static>,
    wires: Wires,
) -> (Driver, Control<'static>) {
    static STATE: StaticCell<State> = StaticCell::new();
    let firmware = aligned_bytes!(concat!(env!("RADIO_FIRMWARE"), "/43439A0.bin"));
    let regulations = aligned_bytes!(concat!(env!("RADIO_FIRMWARE"), "/43439A0_clm.bin"));
    let settings = aligned_bytes!(concat!(env!("RADIO_FIRMWARE"), "/nvram_rp2040.bin"));
    // A constant is copied from the flash. A value created at run time would take 13 KB of stack.
    let state = STATE.init_with(|| const { State::new() });
    let (driver, mut control, runner) = cyw43::new(state, power, wires, firmware, settings).await;
    spawner.spawn(run(runner).unwrap());
    control.init(regulations).await;
    // Power saving delays replies, and the board does not run on a battery.
    control.set_power_management(PowerManagementMode::None).await;
    (driver, control)
}

#[embassy_executor::task]
async fn run(runner: Runner) {
    runner.run().await;
}

/// Joins the network, and joins again whenever the board loses its address or the gateway. The LED
/// tells the address while it has both.
#[embassy_executor::task]
pub(crate) async fn stay_joined(
    mut control: Control<'static>,
    stack: Stack<'static>,
    wifi: Wifi<'static>,
) {
    // Questions for the board's name are sent to a group. There is room for ten.
    if control.add_multicast_address(GROUP).await.is_err() {
        warn!("the radio hears no questions for the name");
    }
    loop {
        match with_timeout(PATIENCE, join(&mut control, stack, wifi)).await {
            Ok(Ok(())) => {
                select(until_lost(stack), blink_address(&mut control, stack)).await;
                control.gpio_set(LED, false).await;
                LOSSES.fetch_add(1, Relaxed);
            }
            Ok(Err(error)) => warn!("cannot join {}: {}", wifi.network, error),
            Err(_) => warn!("no address from {}", wifi.network),
        }
        // The radio may still be in the network, or may have rejoined it, and cannot join it twice.
        control.leave().await;
        Timer::after(PAUSE).await;
    }
}

/// Returns how often the network was lost since boot.
pub(crate) fn losses() -> u32 {
    LOSSES.load(Relaxed)
}

static LOSSES: AtomicU32 = AtomicU32::new(0);

async fn until_lost(stack: Stack<'_>) {
    let gateway = async {
        match stack.config_v4().and_then(|config| config.gateway) {
            Some(address) => gateway::lost(stack, address).await,
            None => pending().await,
        }
    };
    match select(stack.wait_config_down(), gateway).await {
        Either::First(()) => warn!("the board has lost its address"),
        Either::Second(()) => warn!("the gateway no longer answers"),
    }
}

/// Blinks the last byte of the address.
async fn blink_address(control: &mut Control<'_>, stack: Stack<'_>) {
    while let Some(config) = stack.config_v4() {
        for (lit, time) in blink::last_byte(config.address.address()) {
            control.gpio_set(LED, lit).await;
            Timer::after(time).await;
        }
    }
}

/// Joins the network and waits for an address.
async fn join(
    control: &mut Control<'_>,
    stack: Stack<'_>,
    wifi: Wifi<'_>,
) -> Result<(), JoinError> {
    info!("joining {}", wifi.network);
    let password = wifi.password.map(str::as_bytes);
    let options = password.map_or_else(JoinOptions::new_open, JoinOptions::new);
    control.join(wifi.network, options).await?;
    stack.wait_config_up().await;
    Ok(())
}

/// The time-out for joining and getting an address.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);

/// The Ethernet address of the group of multicast DNS, 224.0.0.251.
const GROUP: [u8; 6] = [0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb];

/// The radio's pin of the LED.
const LED: u8 = 0;
