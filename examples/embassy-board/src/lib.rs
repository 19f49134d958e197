//! What the firmware of any board is beside the server: the board's own metrics, and its stack.

#![no_std]

mod metrics;
#[expect(unsafe_code, reason = "looks at memory that has no owner")]
pub mod stack;

pub use metrics::{Board, METRICS, Own, reserve};
