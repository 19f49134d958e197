//! A store in Redis or Valkey, plain or a cluster, that any number of servers share.
//!
//! ```text
//!  put, want ──▶ handle.rs ──▶ round.rs ──┐                        ┌▶ node.rs ──▶ a master
//!  scan      ──▶ handle.rs ──▶ listing.rs ├▶ commands ──▶ route.rs ┼▶ node.rs ──▶ a master
//!                   names.rs ◀────┘       │      map.rs: who has a part
//!  series    ──▶ handle.rs ──▶ window.rs ─┤
//!                                         │
//!  upkeep.rs ──▶ seal.rs: heads become runs
//! ```
//!
//! A handle notes what it lacks and says "not yet". [`poll_ready`](metric_proto::Store::poll_ready) sends
//! all of it in a pipeline to each master and waits once. ENGINE.md has the promise, and what to run.
//!
//! # Layout
//!
//! There are 256 parts. All names of a series have the tag of its part, so they are in one slot, and move
//! and fail together.
//!
//! ```text
//! PREFIX{tag}i       sorted set, scores 0: the keys of this part, in byte order
//! PREFIX{tag}hKEY    hash, the head: decimal timestamp -> shortest text of the value, and
//!                    "i" -> 1, by which a put learns that it has made the hash
//!                    "n" -> how many samples are in runs
//! PREFIX{tag}rKEY    sorted set, scores 0: the runs, in the order of their first timestamps.
//!                    member = first timestamp, with its sign bit turned, 8 bytes big-endian
//!                             for each chunk: its length, 2 bytes big-endian; the chunk (metric-chunk)
//! ```
//!
//! The part of a key is the remainder of its CRC-16 by 256. The tag of part p is the smallest hexadecimal
//! number whose slot is in 64 p .. 64 p + 8, so that parts lie evenly over any even division of the slots.
//!
//! [`metric_chunk`] has the format of chunks. A sample in the head wins over one in a run. Sealing moves
//! samples from the head to runs, by a script that does nothing unless all that it replaces is as it was read.

#![forbid(unsafe_code)]

mod command;
mod counters;
mod down;
mod engine;
mod handle;
mod job;
mod layout;
mod listing;
mod map;
mod marks;
mod names;
mod node;
mod page;
mod reply;
mod round;
mod route;
mod run;
mod seal;
mod settings;
#[cfg(test)]
mod simulated;
mod tls;
mod upkeep;
mod window;
mod world;

pub use counters::EngineCounters;
pub use engine::Engine;
pub use handle::Handle;
pub use settings::{Settings, WrongSettings};
pub use tls::Tls;
