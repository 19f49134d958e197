//! Handles failures of the firmware: reports them to the debugger or to QEMU, which then ends.
//! Without either, the board restarts.
//!
//! The report has the return addresses on the stack, which `trace` converts to lines of source.
//! Panic messages and the code that formats them would take 14 KB of flash.

use core::panic::PanicInfo;

use cortex_m::peripheral::SCB;
use cortex_m::{asm, interrupt};
use cortex_m_rt::{ExceptionFrame, exception};
use cortex_m_semihosting::debug::{self, EXIT_FAILURE};
use cortex_m_semihosting::hio::{self, HostStream};
use embassy_board::stack;

use crate::register::Register;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    fail(b"panic", 0, stack::pointer())
}

/// Handles a fault of the processor, such as an access to an invalid address.
// SAFETY: only the processor calls it.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    if FAULT_STATUS.read() & DEBUG_EVENT != 0 {
        // Calling a debugger that is not attached is a fault as well.
        SCB::sys_reset();
    }
    if stack::pointer() < stack::end() {
        // SAFETY: no function on the stack is returned to.
        unsafe { asm::bootstrap(stack::start(), overflow as *const u32) };
    }
    fail(b"fault", frame.pc(), stack::pointer())
}

/// Reports a stack overflow, with the stack pointer reset to the start. The deeper part of the
/// stack is still intact.
extern "C" fn overflow() -> ! {
    fail(b"stack overflow", 0, stack::end())
}

/// Reports a failure, its instruction unless that is 0, and the stack from an address on.
fn fail(what: &[u8], at: u32, deepest: usize) -> ! {
    interrupt::disable();
    if let Ok(mut output) = hio::hstderr() {
        let _ = output.write_all(what);
        if at != 0 {
            write(&mut output, at);
        }
        let _ = output.write_all(b", code addresses on the stack:");
        let addresses = stack::words(deepest).filter(|&word| is_return_address(word));
        addresses.take(MAX_ADDRESSES).for_each(|address| write(&mut output, address));
        let _ = output.write_all(b"\n");
    }
    debug::exit(EXIT_FAILURE);
    SCB::sys_reset()
}

/// Returns whether a word may be a return address: it points into the code and is odd.
fn is_return_address(word: u32) -> bool {
    word % 2 == 1 && word > size_of::<[u32; 16]>() as u32 && word < FLASH
}

/// Writes a space and six hexadecimal digits.
fn write(output: &mut HostStream, number: u32) {
    let mut text = *b" 000000";
    for (digit, shift) in text[1..].iter_mut().rev().zip((0..).step_by(4)) {
        *digit = b"0123456789abcdef"[(number >> shift) as usize % 16];
    }
    let _ = output.write_all(&text);
}

// SAFETY: this register of the processor shows the causes of faults.
const FAULT_STATUS: Register = unsafe { Register::at(0xe000_ed2c) };
const DEBUG_EVENT: u32 = 1 << 31;

/// The largest number of addresses in a report. No call chain is deeper; the rest is stale.
const MAX_ADDRESSES: usize = 64;

/// The size of the flash in bytes. It begins at address 0.
const FLASH: u32 = 256 * 1024;
