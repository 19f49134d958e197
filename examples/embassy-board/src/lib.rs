//! What the firmware of any board is beside the server: the board's own metrics, its stack, and
//! what it tells of its address.

#![no_std]

pub mod address;
mod metrics;
#[expect(unsafe_code, reason = "looks at memory that has no owner")]
pub mod stack;

pub use metrics::{Board, METRICS, Own, reserve};
