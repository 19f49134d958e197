//! Failures of the firmware: reports them to the debugger or to the emulator, which then exits. If
//! there is neither, the board restarts.
//!
//! The report has the return addresses on the stack, which `trace` converts to lines of source.
//! Formatted messages would take 14 KB of flash.

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

/// The handler of hard faults, such as a bad address.
// SAFETY: only the processor calls it.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    if FAULT_STATUS.read() & DEBUG_EVENT != 0 {
        // A semihosting call without a debugger is a fault, too.
        SCB::sys_reset();
    }
    if stack::pointer() < stack::end() {
        // SAFETY: nothing returns to the old contents of the stack.
        unsafe { asm::bootstrap(stack::start(), overflow as *const u32) };
    }
    fail(b"fault", frame.pc(), stack::pointer())
}

/// Runs on a stack that begins at its start again. The deeper contents are unchanged.
extern "C" fn overflow() -> ! {
    fail(b"stack overflow", 0, stack::end())
}

/// Reports what happened, the instruction unless it is 0, and the stack from an address on.
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

// SAFETY: this is the processor's fault status register.
const FAULT_STATUS: Register = unsafe { Register::at(0xe000_ed2c) };
const DEBUG_EVENT: u32 = 1 << 31;

/// Enough for all active calls; further ones are stale.
const MAX_ADDRESSES: usize = 64;

/// Bytes of flash, which begins at 0.
const FLASH: u32 = 256 * 1024;
