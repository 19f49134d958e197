//! Graphite and OpenTSDB over a store of metric-proto.
//!
//! ```text
//!  bytes in ─▶ LineSession ─▶ Dialect ─▶ Store        GraphiteLines, OpenTsdbLines
//!  bytes in ─▶ PickleSession ──────────▶ Store        what carbon-relay sends
//!  datagram ─▶ store_datagram ─▶ Dialect ─▶ Store
//! ```
//!
//! A [`Door`] has what the connections of a listener share, and counts what came in. A session is a
//! [`metric_driver::Session`] over any [`metric_proto::Store`], and times become timestamps of a
//! [`metric_query::TimeUnit`].
//!
//! [`Graphite`] answers what Graphite's clients ask over HTTP, as [`metric_web::Routes`].

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    warn(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)
)]

mod counters;
mod datagram;
mod dialect;
mod door;
mod fault;
mod line;
#[cfg(test)]
mod memory;
mod number;
mod opentsdb;
mod out;
mod path;
mod pickle;
mod session;
mod text;
mod time;

pub use counters::{Case, DoorCounters};
pub use datagram::store_datagram;
pub use dialect::{Dialect, Outcome, Said};
pub use door::Door;
pub use fault::Fault;
pub use line::GraphiteLines;
pub use opentsdb::OpenTsdbLines;
pub use out::{
    Call, Expression, Graphite, InvalidTarget, InvalidTime, Literal, MAX_DEPTH, MAX_TARGET, Span,
    parse_target, parse_time,
};
pub use pickle::{PickleDoor, PickleSession};
pub use session::LineSession;
pub use time::Clock;

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
