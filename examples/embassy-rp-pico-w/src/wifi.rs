//! The Wi-Fi: starts the radio and joins the network.

use core::future::pending;

use cyw43::{Control, JoinError, JoinOptions, PowerManagementMode, SpiBus, State, aligned_bytes};
use cyw43_pio::PioSpi;
use defmt::{info, warn};
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

/// embassy-net's driver for the radio.
pub(crate) type Driver = cyw43::NetDriver<'static>;

type Runner = cyw43::Runner<'static, SpiBus<Output<'static>, Wires>>;

const NETWORK: &str = env!(
    "WIFI_NETWORK",
    "say which network to join: WIFI_NETWORK=name WIFI_PASSWORD=password cargo run --release"
);

/// The password; empty for an open network.
const PASSWORD: &str = env!(
    "WIFI_PASSWORD",
    "say the network's password: WIFI_NETWORK=name WIFI_PASSWORD=password cargo run --release"
);

const _: () = {
    let (name, password) = (NETWORK.len(), PASSWORD.len());
    assert!(1 <= name && name <= 32, "WIFI_NETWORK takes 1 to 32 bytes");
    assert!(
        password == 0 || 8 <= password && password <= 63,
        "WIFI_PASSWORD takes 8 to 63 bytes, or none for a network without a password"
    );
};

/// Starts the radio. It does not join a network yet.
pub(crate) async fn start(
    spawner: Spawner,
    power: Output<'static>,
    wires: Wires,
) -> (Driver, Control<'static>) {
    static STATE: StaticCell<State> = StaticCell::new();
    let firmware = aligned_bytes!(concat!(env!("RADIO_FIRMWARE"), "/43439A0.bin"));
    let regulations = aligned_bytes!(concat!(env!("RADIO_FIRMWARE"), "/43439A0_clm.bin"));
    let settings = aligned_bytes!(concat!(env!("RADIO_FIRMWARE"), "/nvram_rp2040.bin"));
    // Copied from the flash. Creating it at run time would take 13 KB of stack.
    let state = STATE.init_with(|| const { State::new() });
    let (driver, mut control, runner) = cyw43::new(state, power, wires, firmware, settings).await;
    spawner.spawn(run(runner).unwrap());
    control.init(regulations).await;
    // No power saving: a server answers at once, and the board has no battery.
    control.set_power_management(PowerManagementMode::None).await;
    (driver, control)
}

#[embassy_executor::task]
async fn run(runner: Runner) {
    runner.run().await;
}

/// Joins the network, and joins again whenever the board loses its address or the gateway. The LED
/// is on while it has both.
#[embassy_executor::task]
pub(crate) async fn stay_joined(mut control: Control<'static>, stack: Stack<'static>) {
    loop {
        match with_timeout(PATIENCE, join(&mut control, stack)).await {
            Ok(Ok(())) => {
                control.gpio_set(LED, true).await;
                until_lost(stack).await;
                control.gpio_set(LED, false).await;
                LOSSES.fetch_add(1, Relaxed);
            }
            Ok(Err(error)) => warn!("{} cannot be joined: {}", NETWORK, error),
            Err(_) => warn!("{} gives no address", NETWORK),
        }
        // The radio may still be in the network, or be back on its own, and cannot join it twice.
        control.leave().await;
        Timer::after(PAUSE).await;
    }
}

/// Number of losses of the network since boot.
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
        Either::First(()) => warn!("the address is lost"),
        Either::Second(()) => warn!("the gateway does not answer any more"),
    }
}

/// Joins the network and waits for an address.
async fn join(control: &mut Control<'_>, stack: Stack<'_>) -> Result<(), JoinError> {
    info!("joining {}", NETWORK);
    control.join(NETWORK, options()).await?;
    stack.wait_config_up().await;
    Ok(())
}

fn options() -> JoinOptions<'static> {
    if PASSWORD.is_empty() {
        JoinOptions::new_open()
    } else {
        JoinOptions::new(PASSWORD.as_bytes())
    }
}

/// Time limit for joining and getting an address.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(1);

/// The radio's pin that drives the LED.
const LED: u8 = 0;
