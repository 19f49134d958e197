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
#[cfg_attr(feature = "discovery", path = "discovery.rs")]
#[cfg_attr(not(feature = "discovery"), path = "fixed_address.rs")]
mod network;
#[expect(unsafe_code, reason = "reads and writes memory that the hardware changes")]
mod register;
#[cfg_attr(feature = "push", path = "reports.rs")]
#[cfg_attr(not(feature = "push"), path = "own_metrics.rs")]
#[cfg_attr(
    feature = "flash",
    expect(dead_code, reason = "the server with samples in flash has its own")
)]
mod reports;
#[expect(unsafe_code, reason = "accesses registers by their addresses")]
mod serial;
pub mod server;
mod size;

#[cfg(all(feature = "flash", feature = "push"))]
compile_error!("an image keeps its samples in flash or reports them: there is no room for both");

#[cfg(feature = "flash")]
pub use cfi::CfiFlash;
pub use register::Register;
