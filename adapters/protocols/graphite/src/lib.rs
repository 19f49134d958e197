//! Graphite and OpenTSDB over a store of metric-proto.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod aggregation;
mod arguments;
mod attime;
mod evaluate;
mod failure;
mod fetch;
mod functions;
mod grid;
mod labels;
mod memory;
mod number;
mod query;
mod selector;
mod series;
mod target;

pub use attime::{InvalidTime, parse_offset, parse_time, zone};
pub use failure::Failure;
pub use memory::Memory;
pub use query::{Context, Host};
pub use target::{
    Call, Expression, InvalidTarget, Literal, MAX_DEPTH, MAX_TARGET, Span, parse_target,
};
