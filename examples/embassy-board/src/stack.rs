//! The stack: how deep it has ever been, and what is on it. The start-up code has painted it.

use core::ptr;

use cortex_m::register::msp;
use cortex_m_rt::STACK_PAINT_VALUE;

/// Bytes that have been in use at some time.
pub fn used() -> usize {
    start() as usize - end() - untouched()
}

/// Bytes that have never been in use.
pub fn untouched() -> usize {
    let painted = words(end()).take_while(|&word| word == STACK_PAINT_VALUE);
    painted.count() * size_of::<u32>()
}

/// What is on the stack from an address on.
pub fn words(from: usize) -> impl Iterator<Item = u32> {
    let from = from.max(end()).next_multiple_of(size_of::<u32>());
    // SAFETY: the addresses are aligned and in the memory of the stack. A word that is in use is
    // read as it happens to be.
    let peek = |address| unsafe { ptr::with_exposed_provenance::<u32>(address).read_volatile() };
    (from..start() as usize).step_by(size_of::<u32>()).map(peek)
}

/// Where the stack has grown to.
pub fn pointer() -> usize {
    msp::read() as usize
}

/// The lowest address it may grow to.
pub fn end() -> usize {
    &raw const _stack_end as usize
}

/// Where it starts, which is behind its highest address.
pub fn start() -> *const u32 {
    &raw const _stack_start
}

unsafe extern "C" {
    /// From the board's `memory.x`; only the addresses of the two mean something.
    static _stack_end: u32;
    static _stack_start: u32;
}
