//! Access to the registers of a chip.

use core::ptr;

/// A register of 32 bits at a fixed address.
#[derive(Debug)]
pub struct Register(usize);

impl Register {
    /// Creates a register at an address.
    ///
    /// # Safety
    ///
    /// A register of 32 bits must be at that address. Reading and writing it must not affect memory
    /// that Rust manages.
    pub const unsafe fn at(address: usize) -> Self {
        Self(address)
    }

    /// Reads the register.
    pub fn read(&self) -> u32 {
        // SAFETY: the caller of `at` guarantees that a register is there.
        unsafe { ptr::with_exposed_provenance::<u32>(self.0).read_volatile() }
    }

    /// Writes the register.
    pub fn write(&self, value: u32) {
        // SAFETY: the caller of `at` guarantees that a register is there and that writing it does
        // not affect memory.
        unsafe { ptr::with_exposed_provenance_mut::<u32>(self.0).write_volatile(value) }
    }

    /// Replaces the bits in `mask` with those of `value`.
    pub fn modify(&self, mask: u32, value: u32) {
        self.write(self.read() & !mask | value);
    }
}
