//! Prometheus writes to a metric-proto server and reads from it, over the server's HTTP.
//!
//! [`Prometheus`] adds its paths to a [`Web`](metric_web::Web):
//!
//! ```text
//! POST /api/v1/write   receive   snappy ─▶ write: samples one by one ─▶ the store, in turns ─▶ 204
//! POST /api/v1/read    read      request ─▶ reading: series in the order of labels
//!                                              ├─▶ frames: a stream of chunks (xor)
//!                                              └─▶ samples: one message
//! GET  /federate       federate  the newest samples as text, names by escape
//! GET  /api/v1/…       names     labels, values and series as JSON
//! ```
//!
//! What has no IO can be used alone: [`Writes`], [`ReadRequest`], [`Chunks`], [`parse_selector`],
//! [`Chunk`].
//!
//! ```
//! use metric_query::Select;
//!
//! let up = metric_prometheus::parse_selector("up{job=~\"node|self\"}")?;
//! assert!(up.selects("up;instance=palm:9100;job=node"));
//! assert!(!up.selects("up;job=nodes"));
//! # Ok::<(), metric_prometheus::InvalidSelector>(())
//! ```

#![forbid(unsafe_code)]

mod checksum;
mod escape;
mod federate;
mod frames;
mod json;
mod labels;
mod matcher;
mod names;
mod outcome;
mod parameters;
mod proto;
mod read;
mod reading;
mod receive;
mod request;
mod routes;
mod samples;
mod selector;
mod snappy;
mod time;
mod write;
mod xor;

pub use frames::Chunks;
pub use matcher::{InvalidMatcher, Matcher, Matchers, Operator};
pub use outcome::{Outcome, Tally, Verdict};
pub use proto::Broken;
pub use request::{InvalidRequest, Kind, ReadQuery, ReadRequest};
pub use routes::Prometheus;
pub use selector::{InvalidSelector, parse_selector};
pub use snappy::{BODY, OPEN, Unopened, claimed, open};
pub use write::{Item, STALE, Writes};
pub use xor::{CHUNK, Chunk, read_chunk};
