//! The board's log, which it writes to its serial port.

use crate::Register;

/// Writes a text.
pub(crate) fn text(text: &str) {
    text.bytes().for_each(write);
}

/// Writes an address.
#[cfg(any(feature = "discovery", feature = "push"))]
pub(crate) fn address(address: core::net::Ipv4Addr) {
    for (place, byte) in address.octets().into_iter().enumerate() {
        if place > 0 {
            write(b'.');
        }
        let digits = [byte / 100, byte / 10 % 10, byte % 10];
        let first = digits.iter().position(|digit| *digit > 0).unwrap_or(2);
        digits.iter().skip(first).for_each(|digit| write(b'0' + digit));
    }
}

/// Writes a byte, if need be after those before it.
pub(crate) fn write(byte: u8) {
    #[cfg(target_arch = "arm")]
    while FLAGS.read() & FULL != 0 {}
    // QEMU's RISC-V machine takes each byte at once.
    DATA.write(byte.into());
}

#[cfg(target_arch = "arm")]
const DATA: Register = register(0x4000_c000);
#[cfg(target_arch = "arm")]
const FLAGS: Register = register(0x4000_c018);
#[cfg(target_arch = "arm")]
const FULL: u32 = 1 << 5;
#[cfg(target_arch = "riscv32")]
const DATA: Register = register(0x1000_0000);

const fn register(address: usize) -> Register {
    // SAFETY: these are registers of the first serial port of the LM3S6965 and of QEMU's RISC-V machine,
    // which touch no memory.
    unsafe { Register::at(address) }
}
