//! Handles faults of the processor. Without a debugger or QEMU, the board restarts.

use cortex_m::asm;
use cortex_m::peripheral::SCB;
use cortex_m_rt::{ExceptionFrame, exception};
use embassy_board::stack;
use embassy_qemu::{Register, failure};

/// Handles a fault, such as an access to an invalid address.
// SAFETY: only the processor calls it.
#[exception]
unsafe fn HardFault(frame: &ExceptionFrame) -> ! {
    if FAULT_STATUS.read() & DEBUG_EVENT != 0 {
        // Calling a debugger that is not attached is a fault as well.
        SCB::sys_reset();
    }
    if stack::pointer() < stack::end() {
        // SAFETY: no function on the stack is returned to.
        unsafe { asm::bootstrap(stack::start(), failure::overflow as *const u32) };
    }
    failure::fault(frame.pc())
}

// SAFETY: this register of the processor shows the causes of faults.
const FAULT_STATUS: Register = unsafe { Register::at(0xe000_ed2c) };
const DEBUG_EVENT: u32 = 1 << 31;
