//! Reports failures of the firmware to the serial port. Then it ends, by a debugger or QEMU.
//!
//! The report has the return addresses on the stack, which `trace` converts to lines of source.
//! Panic messages and the code that formats them would take 14 KB of flash.

use core::panic::PanicInfo;

use embassy_board::stack;
use semihosting::process;

use crate::serial;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    report("panic", None, stack::pointer())
}

/// Reports a fault of the processor at an instruction, such as an access to an invalid address.
pub fn fault(at: u32) -> ! {
    report("fault", Some(at), stack::pointer())
}

/// Reports a stack overflow, with the stack pointer reset to the start. The deeper part of the
/// stack is still intact.
pub extern "C" fn overflow() -> ! {
    report("stack overflow", None, stack::end())
}

/// Reports a failure, its instruction if that is known, and the stack from an address on.
fn report(what: &str, at: Option<u32>, deepest: usize) -> ! {
    critical_section::with(|_| {
        serial::text(what);
        at.into_iter().for_each(write);
        serial::text(", code addresses on the stack:");
        let addresses = stack::words(deepest).filter(|&word| is_return_address(word));
        addresses.take(MAX_ADDRESSES).for_each(write);
        serial::write(b'\n');
        process::exit(1)
    })
}

/// Returns whether a word may be a return address: it points into the code. On Arm it is odd.
fn is_return_address(word: u32) -> bool {
    let code = &raw const __stext as usize..&raw const __etext as usize;
    code.contains(&(word as usize)) && (word % 2 == 1) == cfg!(target_arch = "arm")
}

/// Writes a space and eight hexadecimal digits.
fn write(number: u32) {
    serial::write(b' ');
    for shift in (0..u32::BITS).step_by(4).rev() {
        serial::write(b"0123456789abcdef"[(number >> shift) as usize % 16]);
    }
}

unsafe extern "C" {
    /// Symbols of the start-up code's linker script. Only their addresses have a meaning.
    static __stext: u32;
    static __etext: u32;
}

/// The largest number of addresses in a report. No call chain is deeper; the rest is stale.
const MAX_ADDRESSES: usize = 64;
