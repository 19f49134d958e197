//! Prometheus writes to a metric-proto server and reads from it, over the server's HTTP.
#![forbid(unsafe_code)]

mod json;
mod memory;
mod outcome;
mod proto;
mod receive;
mod routes;
mod snappy;
mod time;
mod write;

pub use outcome::{Outcome, Tally, Verdict};
pub use proto::Broken;
pub use routes::Prometheus;
pub use snappy::{BODY, OPEN, Unopened, claimed, open};
pub use write::{Item, STALE, Writes};
