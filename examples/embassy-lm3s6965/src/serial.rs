//! The serial port, on which the board writes its log: 115,200 baud, 8 bits.

use embassy_qemu::Register;

use crate::clock;

/// Connects the port to its pins and starts it. Until then nothing is to be written.
pub(crate) fn start() {
    PORT_CLOCKS.modify(0, 1);
    PIN_CLOCKS.modify(0, 1);
    // The clocks start a few cycles later.
    PIN_CLOCKS.read();
    PIN_FUNCTIONS.modify(0, PINS);
    PINS_DIGITAL.modify(0, PINS);
    DIVIDER.write(DIVISOR / 64);
    DIVIDER_FRACTION.write(DIVISOR % 64);
    LINE.write(EIGHT_BITS | QUEUE);
    CONTROL.write(ENABLED | TRANSMIT);
}

/// The divider of the clock by sixteen times the baud rate, in 64ths, rounded.
const DIVISOR: u32 = (clock::HERTZ * 4 + BAUD / 2) / BAUD;
const BAUD: u32 = 115_200;

const PORT_CLOCKS: Register = register(0x400f_e104);
const PIN_CLOCKS: Register = register(0x400f_e108);
const PIN_FUNCTIONS: Register = register(0x4000_4420);
const PINS_DIGITAL: Register = register(0x4000_451c);
const DIVIDER: Register = register(0x4000_c024);
const DIVIDER_FRACTION: Register = register(0x4000_c028);
const LINE: Register = register(0x4000_c02c);
const CONTROL: Register = register(0x4000_c030);

const fn register(address: usize) -> Register {
    // SAFETY: all addresses above are those of registers of the system control, of the pins and of the
    // port, which touch no memory.
    unsafe { Register::at(address) }
}

/// The pins 0 and 1.
const PINS: u32 = 3;
const EIGHT_BITS: u32 = 3 << 5;
const QUEUE: u32 = 1 << 4;
const ENABLED: u32 = 1;
const TRANSMIT: u32 = 1 << 8;
