//! A conformance suite for servers of the metrics protocol.
//!
//! The suite works on bytes and depends on none of the code that it tests. Each [`Case`] is a
//! sentence of the protocol. It talks to a [`Server`] through connections, and declares what it
//! [`Needs`]. [`check`] runs the cases that fit the server's [`Offer`] and names those left out.
//!
//! ```text
//!  cases ──▶ check ──▶ Server ──▶ Connection ──▶ bytes
//!               │         ├─ MemoryServer: a function from bytes to bytes
//!               ▼         └─ TcpServer: an address, and perhaps a way to restart
//!            Summary ──▶ conformance_table, of many servers
//! ```
//!
//! A [`Soak`] tests endurance: many connections and random requests, for hours.
//!
//! The [`Model`] is a plain reference server, which passes the suite. [`model`] has its parts, to
//! compare parsers and clients with.
//!
//! The parts of the cases are public, for other suites: a [`trial`] has its own keys, a [`client`]
//! expects a [`reply`], and a [`dialogue`] compares a server with the model.
//!
//! ```
//! use metric_conformance::{MemoryServer, Offer, Options, check};
//!
//! let mut server = MemoryServer::model(Offer::DESKTOP);
//! let options = Options { filter: Some("CR LF".into()), ..Options::default() };
//! check(&mut server, &options).assert_passed();
//! ```

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod case;
mod cases;
pub mod client;
pub mod dialogue;
mod memory;
pub mod model;
mod needs;
mod offer;
pub mod reply;
mod runner;
mod server;
mod soak;
mod summary;
mod table;
mod tcp;
pub mod trial;

pub use case::Case;
pub use cases::cases;
pub use memory::{Feed, MemoryServer};
pub use model::{Bounds, Model, ModelConnection, ModelStore};
pub use needs::{Fills, Needs};
pub use offer::Offer;
pub use runner::{Options, check, check_and_observe, tag_of_now};
pub use server::{Connection, Server};
pub use soak::Soak;
pub use summary::{Outcome, Summary, Verdict};
pub use table::{Judged, conformance_table};
pub use tcp::{TcpServer, reach};
