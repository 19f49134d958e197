//! Parts of firmware that the boards emulated by QEMU share: the server with its tasks, an executor
//! that sleeps, reports of failures, and access to registers.

#![no_std]

#[cfg(feature = "flash")]
#[expect(unsafe_code, reason = "accesses flash by its address")]
mod cfi;
#[expect(unsafe_code, reason = "polls the executor, exports its pender by name, and sleeps")]
pub mod executor;
#[expect(unsafe_code, reason = "declares symbols of the linker script")]
pub mod failure;
#[cfg(feature = "flash")]
pub mod kept;
#[expect(unsafe_code, reason = "reads and writes memory that the hardware changes")]
mod register;
pub mod server;
mod size;

#[cfg(feature = "flash")]
pub use cfi::CfiFlash;
pub use register::Register;
