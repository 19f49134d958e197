//! The laws of the project, each as a function of any bytes that panics if its law is broken.
//!
//! Fuzzers call them with bytes that they made up, and the tests with what fuzzers have found.

mod chunk;
mod client_server;
mod dialogue;
mod events;
mod limits;
mod parse_reply;
mod parse_request;
mod pieces;
mod serve;
mod server;
mod store;
mod text;
mod value;
mod writes;

pub use chunk::chunk;
pub use client_server::client_server;
pub use parse_reply::parse_reply;
pub use parse_request::parse_request;
pub use serve::serve;
pub use server::server;
pub use store::{fixed_store, memory_store};
pub use value::value;

/// A law under its name, which its fuzz target and its corpus have too.
pub type Oracle = (&'static str, fn(&[u8]));

/// All of them.
pub const ORACLES: [Oracle; 9] = [
    ("chunk", chunk),
    ("client_server", client_server),
    ("fixed_store", fixed_store),
    ("memory_store", memory_store),
    ("parse_reply", parse_reply),
    ("parse_request", parse_request),
    ("serve", serve),
    ("server", server),
    ("value", value),
];
