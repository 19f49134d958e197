//! The stack: its greatest depth so far, and its content. The start-up code has filled it with a
//! known pattern.

use core::ptr;

use cortex_m::register::msp;
use cortex_m_rt::STACK_PAINT_VALUE;

/// Returns the number of bytes that have been used so far.
pub fn used() -> usize {
    start() as usize - end() - untouched()
}

/// Returns the number of bytes that have never been used.
pub fn untouched() -> usize {
    let painted = words(end()).take_while(|&word| word == STACK_PAINT_VALUE);
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
    msp::read() as usize
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
