//! What the firmware of all boards shares beside the server: the board's own metrics, the stack's
//! high-water mark, and reports of the board's address.

#![no_std]

pub mod address;
mod metrics;
#[expect(unsafe_code, reason = "looks at memory that has no owner")]
pub mod stack;

pub use metrics::{Board, METRICS, Own, reserve};
