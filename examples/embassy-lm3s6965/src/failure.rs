//! What happens when the firmware fails: it tells the debugger or the emulator, which ends; where
//! there is neither, the board starts anew.
//!
//! It tells the return addresses that are on the stack, of which `trace` makes lines of source.
//! Messages in words, with the code that formats them, would take 14 KB of flash.

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

/// The processor could not go on, as after a bad address.
// SAFETY: only the processor calls it.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    if FAULT_STATUS.read() & DEBUG_EVENT != 0 {
        // To call a debugger that is not there is a fault, too.
        SCB::sys_reset();
    }
    if stack::pointer() < stack::end() {
        // SAFETY: what was on the stack is not returned to.
        unsafe { asm::bootstrap(stack::start(), overflow as *const u32) };
    }
    fail(b"fault", frame.pc(), stack::pointer())
}

/// With the stack from its start again; what is deeper on it is still as it was.
extern "C" fn overflow() -> ! {
    fail(b"stack overflow", 0, stack::end())
}

/// Tells what happened, at which instruction unless that is 0, and the stack from an address on.
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

/// Whether a word may be one: it points into the code, and its lowest bit is set.
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

// SAFETY: this is a register of the processor that says what faults were.
const FAULT_STATUS: Register = unsafe { Register::at(0xe000_ed2c) };
const DEBUG_EVENT: u32 = 1 << 31;

/// Enough for every call that is under way; the rest is old.
const MAX_ADDRESSES: usize = 64;

/// Bytes of flash; it begins at 0.
const FLASH: u32 = 256 * 1024;
