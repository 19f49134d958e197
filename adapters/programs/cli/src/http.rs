//! A client of the server's HTTP API, which is on the port of the native protocol.
//!
//! ```text
//!   probe.rs ─▶ connection.rs ─▶ reply.rs ─▶ head.rs, framing.rs
//!   is it        requests          │
//!   there?       target.rs         ├─▶ lines.rs: samples
//!                                  ├─▶ keys.rs: a page of series
//!                                  ├─▶ refusal.rs: what was wrong, what to do
//!                                  └─▶ trouble.rs: why the server refuses puts and gets
//! ```

mod connection;
mod framing;
mod head;
mod keys;
mod lines;
mod probe;
mod refusal;
mod reply;
mod target;
mod trouble;

pub(crate) use connection::{Connection, Method};
pub(crate) use keys::keys;
pub(crate) use lines::lines;
pub(crate) use probe::{Found, PATIENCE, Unanswered, find, probe};
pub(crate) use refusal::{Refusal, Stopped};
pub(crate) use target::Target;
pub(crate) use trouble::explained;
