//! The interrupt controller. Only the network device uses it.

use embassy_qemu::Register;
use riscv::interrupt::{self, Interrupt};

use crate::ethernet;

/// Enables the interrupts of the timer and of the network device.
pub(crate) fn enable() {
    PRIORITY.write(1);
    ENABLED.write(1 << 1);
    THRESHOLD.write(0);
    // SAFETY: the handlers are ready, and this is outside of all critical sections.
    unsafe {
        interrupt::enable_interrupt(Interrupt::MachineTimer);
        interrupt::enable_interrupt(Interrupt::MachineExternal);
        interrupt::enable();
    }
}

#[riscv_rt::core_interrupt(Interrupt::MachineExternal)]
fn external() {
    let claimed = CLAIM.read();
    ethernet::interrupt();
    CLAIM.write(claimed);
}

/// The priority of interrupt 1, that of the network device.
const PRIORITY: Register = register(0x0c00_0004);
const ENABLED: Register = register(0x0c00_2000);
const THRESHOLD: Register = register(0x0c20_0000);
const CLAIM: Register = register(0x0c20_0004);

const fn register(address: usize) -> Register {
    // SAFETY: all addresses above are those of registers of the controller, which touch no memory.
    unsafe { Register::at(address) }
}
