//! The servers and clients of the desktop runtimes, except the runtime.
//!
//! A [`Runtime`] provides streams and time. [`accept`] accepts streams from listeners, each with
//! its protocol. A [`connection`] serves one stream with a session until it ends. Both follow the
//! [`Settings`] and the [`ServerHandle`], which watches and stops a server. An adapter decides
//! where connections run.
//!
//! A [`Client`](client::Client) needs a runtime that can [`Connect`].

#![forbid(unsafe_code)]

mod accept;
mod accept_error;
mod account;
mod address;
pub mod client;
mod close;
mod connect;
mod connection;
mod detect;
mod lines;
mod listeners;
mod long_lines;
mod pool;
#[cfg(test)]
mod port;
mod race;
mod rewound;
mod runtime;
mod server_handle;
mod settings;
mod socket;

pub use accept::{Accepted, Protocol, accept};
pub use accept_error::AcceptError;
pub use address::{Address, DEFAULT_PORT, WrongSettings};
pub use close::{LINGER, LONGEST_LINGER, close};
pub use connect::{Connect, Timed, connect};
pub use connection::{HandedOver, connection};
pub use detect::{Detect, Speaks, is_http};
pub use lines::lines;
pub use rewound::Rewound;
pub use runtime::{Runtime, Sleep};
pub use server_handle::{ConnectionGuard, Outcome, ServerCounters, ServerHandle, Share, Stopped};
pub use settings::Settings;
pub use socket::prepare;
