//! The stack: its high-water mark and its contents. The start-up code paints it.

use core::ptr;

use cortex_m::register::msp;
use cortex_m_rt::STACK_PAINT_VALUE;

/// Returns the high-water mark in bytes.
pub fn used() -> usize {
    start() as usize - end() - untouched()
}

/// Returns the bytes that were never used.
pub fn untouched() -> usize {
    let painted = words(end()).take_while(|&word| word == STACK_PAINT_VALUE);
    painted.count() * size_of::<u32>()
}

/// Returns the words of the stack from an address on.
pub fn words(from: usize) -> impl Iterator<Item = u32> {
    let from = from.max(end()).next_multiple_of(size_of::<u32>());
    // SAFETY: the addresses are aligned and in the memory of the stack. A word in use may have any
    // value.
    let peek = |address| unsafe { ptr::with_exposed_provenance::<u32>(address).read_volatile() };
    (from..start() as usize).step_by(size_of::<u32>()).map(peek)
}

/// Returns the lowest address that the stack has reached.
pub fn pointer() -> usize {
    msp::read() as usize
}

/// Returns the lowest address that it may reach.
pub fn end() -> usize {
    &raw const _stack_end as usize
}

/// Returns its start, which is one past its highest address.
pub fn start() -> *const u32 {
    &raw const _stack_start
}

unsafe extern "C" {
    /// Symbols of the board's `memory.x`. Only their addresses have a meaning.
    static _stack_end: u32;
    static _stack_start: u32;
}
