//! The metrics server as firmware for the Stellaris LM3S6965, a Cortex-M3 with 64 KiB of RAM.
//!
//! This file connects the parts: the drivers of the chip, the network, the server.

#![no_std]
#![no_main]

#[expect(unsafe_code, reason = "accesses registers by their addresses")]
mod clock;
#[expect(unsafe_code, reason = "accesses registers by their addresses and exports a handler")]
mod ethernet;
#[expect(unsafe_code, reason = "handles faults and reads a register")]
mod failure;
#[expect(unsafe_code, reason = "accesses registers by their addresses")]
mod serial;
mod time;
#[expect(unsafe_code, reason = "exports the vector table by name and section")]
mod vectors;

use cortex_m::Peripherals;
use cortex_m_rt::entry;
use embassy_executor::Spawner;
use embassy_net::Runner;
use embassy_qemu::executor;
use embassy_qemu::server::{self, Resources};
use static_cell::StaticCell;

use crate::ethernet::Ethernet;

#[entry]
fn main() -> ! {
    clock::start();
    serial::start();
    if let Some(mut peripherals) = Peripherals::take() {
        time::start(&mut peripherals.SYST);
    }
    executor::run(start)
}

fn start(spawner: Spawner) {
    static ETHERNET: StaticCell<Ethernet> = StaticCell::new();
    static RESOURCES: StaticCell<Resources> = StaticCell::new();
    let driver = ETHERNET.init_with(Ethernet::start);
    let resources = RESOURCES.init_with(Resources::new);
    let (stack, runner) = embassy_net::new(driver, server::network(), resources, SEED);
    // Spawning fails only beyond the pool size of a task, so it does not fail here.
    spawner.spawn(network(runner).unwrap());
    server::start(spawner, stack, "lm3s6965");
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, &'static mut Ethernet>) {
    runner.run().await;
}

/// The fixed seed of the network stack, since the chip has no source of randomness.
const SEED: u64 = 0x6c6d_3373_3639_3635;
