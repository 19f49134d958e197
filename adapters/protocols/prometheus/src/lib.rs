//! Prometheus writes to a metric-proto server and reads from it, over the server's HTTP.
#![forbid(unsafe_code)]

mod checksum;
mod escape;
mod federate;
mod frames;
mod json;
mod labels;
mod matcher;
mod memory;
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
