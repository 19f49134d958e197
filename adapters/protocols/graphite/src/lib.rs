//! Graphite and OpenTSDB over a store of metric-proto.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod out;

pub use out::{
    Call, Expression, Graphite, InvalidTarget, InvalidTime, Literal, MAX_DEPTH, MAX_TARGET, Span,
    parse_offset, parse_target, parse_time, zone,
};
