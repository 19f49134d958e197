//! Parts of firmware that all boards share: metrics of the board itself, the depth of its stack,
//! and changes of its address.

#![no_std]

pub mod address;
mod metrics;
mod page;
#[expect(unsafe_code, reason = "reads memory that no Rust value owns")]
pub mod stack;

pub use metrics::{Board, METRICS, Own, reserve};
pub use page::{PageWorker, longest_line, serve_page};
