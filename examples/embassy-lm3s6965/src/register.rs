//! Registers of the chip.

use core::ptr;

/// A register of 32 bits at a fixed address.
pub(crate) struct Register(usize);

impl Register {
    /// Creates a register at this address.
    ///
    /// # Safety
    ///
    /// There must be a register of 32 bits. Reads and writes of it must not affect memory that Rust
    /// manages.
    pub(crate) const unsafe fn at(address: usize) -> Self {
        Self(address)
    }

    pub(crate) fn read(&self) -> u32 {
        // SAFETY: the caller of `at` has promised that there is a register.
        unsafe { ptr::with_exposed_provenance::<u32>(self.0).read_volatile() }
    }

    pub(crate) fn write(&self, value: u32) {
        // SAFETY: the caller of `at` has promised a register whose writes affect no memory.
        unsafe { ptr::with_exposed_provenance_mut::<u32>(self.0).write_volatile(value) }
    }

    /// Changes the bits of `mask` to those of `value`.
    pub(crate) fn modify(&self, mask: u32, value: u32) {
        self.write(self.read() & !mask | value);
    }
}
