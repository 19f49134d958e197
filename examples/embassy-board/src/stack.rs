//! The stack: its greatest depth so far, and its content. At the start it is filled with a known
//! pattern.

use core::arch::asm;
use core::ptr;

/// The pattern, which is that of cortex-m-rt.
const PAINT: u32 = 0xcccc_cccc;

#[cfg(target_arch = "arm")]
const _: () = assert!(PAINT == cortex_m_rt::STACK_PAINT_VALUE);

/// Fills the unused part with the pattern. On Cortex-M the start-up code has done that.
#[cfg(target_arch = "riscv32")]
pub fn paint() {
    // SAFETY: nothing is stored between the end of the stack and its pointer.
    unsafe {
        asm!(
            "1: sw {paint}, 0({address})",
            "addi {address}, {address}, 4",
            "bltu {address}, sp, 1b",
            paint = in(reg) PAINT,
            address = inout(reg) end() => _,
            options(nostack),
        );
    }
}

/// Returns the number of bytes that have been used so far.
pub fn used() -> usize {
    start() as usize - end() - untouched()
}

/// Returns the number of bytes that have never been used.
pub fn untouched() -> usize {
    let painted = words(end()).take_while(|&word| word == PAINT);
    painted.count() * size_of::<u32>()
}

/// Returns the words on the stack from an address on.
pub fn words(from: usize) -> impl Iterator<Item = u32> {
    let from = from.max(end()).next_multiple_of(size_of::<u32>());
    // SAFETY: the addresses are aligned and in the memory of the stack. A word in use has some
    // value, and any is fine.
    let peek = |address| unsafe { ptr::with_exposed_provenance::<u32>(address).read_volatile() };
    (from..start() as usize).step_by(size_of::<u32>()).map(peek)
}

/// Returns the stack pointer.
pub fn pointer() -> usize {
    let pointer;
    // SAFETY: the instruction only copies the register.
    unsafe {
        asm!(
            #[cfg(target_arch = "arm")]
            "mov {}, sp",
            #[cfg(target_arch = "riscv32")]
            "mv {}, sp",
            out(reg) pointer,
            options(nomem, nostack, preserves_flags),
        );
    }
    pointer
}

/// Returns the lowest address to which the stack may grow.
pub fn end() -> usize {
    &raw const _stack_end as usize
}

/// Returns the start of the stack, one past its highest address.
pub fn start() -> *const u32 {
    &raw const _stack_start
}

unsafe extern "C" {
    /// Symbols of the board's `memory.x`. Only their addresses have a meaning.
    static _stack_end: u32;
    static _stack_start: u32;
}
