//! Starts the radio and joins a Wi-Fi network.

use cyw43::{Control, JoinOptions, PowerManagementMode, SpiBus, State, aligned_bytes};
use cyw43_pio::PioSpi;
use defmt::warn;
use embassy_board::{Radio, Wifi};
use embassy_executor::Spawner;
use embassy_rp::gpio::Output;
use embassy_rp::peripherals::PIO0;
use static_cell::StaticCell;

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
) -> (Driver, PicoRadio) {
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
    // Questions for the board's name are sent to a group. There is room for ten.
    if control.add_multicast_address(GROUP).await.is_err() {
        warn!("the radio hears no questions for the name");
    }
    (driver, PicoRadio(control))
}

#[embassy_executor::task]
async fn run(runner: Runner) {
    runner.run().await;
}

/// The radio, which also has the LED.
pub(crate) struct PicoRadio(Control<'static>);

impl Radio for PicoRadio {
    async fn join(&mut self, wifi: Wifi<'_>) -> bool {
        let password = wifi.password.map(str::as_bytes);
        let options = password.map_or_else(JoinOptions::new_open, JoinOptions::new);
        let joined = self.0.join(wifi.network, options).await;
        joined.inspect_err(|error| warn!("cannot join {}: {}", wifi.network, error)).is_ok()
    }

    async fn leave(&mut self) {
        self.0.leave().await;
    }

    async fn light(&mut self, lit: bool) {
        self.0.gpio_set(LED, lit).await;
    }
}

/// The Ethernet address of the group of multicast DNS, 224.0.0.251.
const GROUP: [u8; 6] = [0x01, 0x00, 0x5e, 0x00, 0x00, 0xfb];

/// The radio's pin of the LED.
const LED: u8 = 0;
