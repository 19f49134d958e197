//! The metrics server as firmware for QEMU's RISC-V machine, `virt`.
//!
//! This file connects the parts: the drivers of the machine, the network, the server.

#![no_std]
#![no_main]

#[expect(unsafe_code, reason = "accesses registers by their addresses")]
mod ethernet;
#[expect(unsafe_code, reason = "handles faults and protects memory")]
mod failure;
#[cfg(feature = "flash")]
#[expect(unsafe_code, reason = "accesses flash by its address")]
mod flash;
#[expect(unsafe_code, reason = "accesses registers by their addresses and enables interrupts")]
mod interrupts;
#[expect(unsafe_code, reason = "accesses registers by their addresses")]
mod time;
#[expect(unsafe_code, reason = "shares memory with a device")]
mod virtqueue;

use embassy_executor::Spawner;
use embassy_net::Runner;
use embassy_qemu::executor;
use embassy_qemu::server::{self, Resources};
use static_cell::StaticCell;

use crate::ethernet::Ethernet;

#[riscv_rt::entry]
fn main() -> ! {
    embassy_board::stack::paint();
    failure::guard_stack();
    interrupts::enable();
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
    #[cfg(not(feature = "flash"))]
    server::start(spawner, stack, NAME);
    #[cfg(feature = "flash")]
    spawner.spawn(flash::keep(spawner, stack).unwrap());
}

#[embassy_executor::task]
async fn network(mut runner: Runner<'static, &'static mut Ethernet>) {
    runner.run().await;
}

/// The keys of the board's own metrics begin with it.
const NAME: &str = "riscv-virt";

/// The fixed seed of the network stack.
const SEED: u64 = 0x7269_7363_7669_7274;
