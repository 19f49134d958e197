//! The system clock. The chip starts with 12.5 MHz or less; its maximum is 50 MHz.

use embassy_qemu::Register;

/// The frequency after [`start`].
pub(crate) const HERTZ: u32 = 50_000_000;

/// Clocks the chip from its main crystal of 8 MHz through the PLL, whose 200 MHz are divided by 4.
pub(crate) fn start() {
    // The order is that of the data sheet: bypass the PLL, set it up, divide, wait, use it.
    RUN_MODE.modify(USE_DIVIDER, BYPASS);
    RUN_MODE.modify(CRYSTAL | SOURCE | POWER_DOWN, CRYSTAL_8_MHZ);
    RUN_MODE.modify(DIVIDER, DIVIDE_BY_4 | USE_DIVIDER);
    while RAW_INTERRUPTS.read() & PLL_LOCKED == 0 {}
    RUN_MODE.modify(BYPASS, 0);
}

// SAFETY: this register of the system control sets the clock and touches no memory.
const RUN_MODE: Register = unsafe { Register::at(0x400f_e060) };
// SAFETY: this register shows pending interrupts and touches no memory.
const RAW_INTERRUPTS: Register = unsafe { Register::at(0x400f_e050) };

const DIVIDER: u32 = 0xf << 23;
const DIVIDE_BY_4: u32 = 3 << 23;
const USE_DIVIDER: u32 = 1 << 22;
const POWER_DOWN: u32 = 1 << 13;
const BYPASS: u32 = 1 << 11;
const CRYSTAL: u32 = 0xf << 6;
const CRYSTAL_8_MHZ: u32 = 0xe << 6;
const SOURCE: u32 = 3 << 4;
const PLL_LOCKED: u32 = 1 << 6;
