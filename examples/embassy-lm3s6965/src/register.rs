//! Registers of the chip.

use core::ptr;

/// A register of 32 bits at a fixed address.
pub(crate) struct Register(usize);

impl Register {
    /// The register at this address.
    ///
    /// # Safety
    ///
    /// There must be a register of 32 bits, and nothing that is read from it or written to it may
    /// harm memory that Rust manages.
    pub(crate) const unsafe fn at(address: usize) -> Self {
        Self(address)
    }

    pub(crate) fn read(&self) -> u32 {
        // SAFETY: `at` was promised that there is a register.
        unsafe { ptr::with_exposed_provenance::<u32>(self.0).read_volatile() }
    }

    pub(crate) fn write(&self, value: u32) {
        // SAFETY: `at` was promised that there is a register and that no write to it harms.
        unsafe { ptr::with_exposed_provenance_mut::<u32>(self.0).write_volatile(value) }
    }

    /// Changes the bits of `mask` to those of `value`.
    pub(crate) fn modify(&self, mask: u32, value: u32) {
        self.write(self.read() & !mask | value);
    }
}
