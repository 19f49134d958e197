//! A conformance suite for servers of the metrics protocol.
//!
//! The suite works on bytes and knows none of the code it judges: each [`Case`] is a sentence of
//! the protocol, talks to a [`Server`] through connections, and says beforehand what it [`Needs`].
//! [`check`] runs the cases that fit the server's [`Offer`] and names those it leaves out.
//!
//! ```text
//!  cases ──▶ check ──▶ Server ──▶ Connection ──▶ bytes
//!               │         ├─ MemoryServer: a function from bytes to bytes
//!               ▼         └─ TcpServer: an address, and perhaps a way to start afresh
//!            Summary
//! ```
//!
//! Beside it stand the suites for the parts: [`store_suite`] for stores, [`client_suite`] for clients,
//! [`program_suite`] for server programs as they were built, and [`scripted_stream`] with which the
//! driver is tried.
//!
//! [`hostile`] attacks server programs from child processes and measures what that costs.
//!
//! A [`Soak`] is not about sentences but about time: many connections and random requests, for hours.
//!
//! The [`Model`] is a plain reference server; the suite is proven on it, and the [`oracles`], which
//! fuzzers call, compare with it.
//!
//! ```
//! use metric_tests::{MemoryServer, Offer, Options, check};
//!
//! let mut server = MemoryServer::model(Offer::DESKTOP);
//! let options = Options { filter: Some("CR LF".into()), ..Options::default() };
//! check(&mut server, &options).assert_passed();
//! ```

mod case;
mod cases;
mod client;
pub mod client_suite;
mod dialogue;
pub mod echo;
pub mod hostile;
mod memory;
mod model;
mod needs;
mod offer;
pub mod oracles;
pub mod program_suite;
mod reply;
mod runner;
pub mod running;
pub mod scripted_stream;
mod server;
mod soak;
pub mod store_suite;
mod summary;
mod table;
mod tcp;
mod trial;
pub mod work;

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
pub use table::conformance_table;
pub use tcp::{TcpServer, reach};

/// The examples in the README are compiled with the tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
