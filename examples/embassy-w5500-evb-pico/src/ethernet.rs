//! Starts the chip for Ethernet, a W5500.

use embassy_executor::Spawner;
use embassy_net_wiznet::chip::W5500;
use embassy_net_wiznet::{Device, State};
use embassy_rp::gpio::{Input, Output};
use embassy_rp::peripherals::SPI0;
use embassy_rp::spi::{Async, Spi};
use embassy_time::Delay;
use embedded_hal_bus::spi::ExclusiveDevice;
use static_cell::StaticCell;

/// The wires to the chip.
pub(crate) type Wires = ExclusiveDevice<Spi<'static, SPI0, Async>, Output<'static>, Delay>;

/// The chip's driver for embassy-net.
pub(crate) type Driver = Device<'static>;

type Runner = embassy_net_wiznet::Runner<'static, W5500, Wires, Input<'static>, Output<'static>>;

/// Starts the chip. Panics if it does not answer.
pub(crate) async fn start(
    spawner: Spawner,
    address: [u8; 6],
    (wires, interrupt, reset): (Wires, Input<'static>, Output<'static>),
) -> Driver {
    static STATE: StaticCell<State<4, 4>> = StaticCell::new();
    let state = STATE.init_with(State::new);
    let started = embassy_net_wiznet::new(address, state, wires, interrupt, reset).await;
    let (driver, runner) = started.expect("the W5500 answers");
    spawner.spawn(run(runner).unwrap());
    driver
}

#[embassy_executor::task]
async fn run(runner: Runner) {
    runner.run().await;
}
