//! Handles faults of the processor.

use core::arch::global_asm;

use embassy_board::stack;
use embassy_qemu::failure;
use riscv::register::{Permission, Range, mepc, pmpaddr0, pmpcfg0};
use riscv_rt::TrapFrame;

/// Forbids access to the addresses below the stack, where a device would accept it. So an overflow
/// is a fault.
pub(crate) fn guard_stack() {
    // SAFETY: the firmware uses nothing there.
    unsafe {
        pmpaddr0::write((stack::end() - GUARD) >> 2 | (GUARD / 2 - 1) >> 2);
        pmpcfg0::set_pmp(0, Range::NAPOT, Permission::NONE, true);
    }
}

// The start-up code jumps here at each trap, before it writes to the stack. If the stack has overflowed, it
// begins anew. No trap interrupts this, so one register for what was in `t0` is enough.
global_asm!(
    ".pushsection .trap.start, \"ax\"",
    ".global _pre_default_start_trap",
    "_pre_default_start_trap:",
    "csrw mscratch, t0",
    "la t0, _stack_end",
    "bltu sp, t0, 1f",
    "csrr t0, mscratch",
    "j _pre_default_start_trap_ret",
    "1: la sp, _stack_start",
    "j {overflow}",
    ".popsection",
    overflow = sym failure::overflow,
);

// SAFETY: the start-up code calls it by this name, as a function of C.
#[unsafe(export_name = "ExceptionHandler")]
extern "C" fn exception(_: &TrapFrame) -> ! {
    failure::fault(mepc::read() as u32)
}

/// The size of the guard. No function has a larger stack frame.
const GUARD: usize = 64 * 1024;
