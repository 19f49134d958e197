//! What the servers and clients of the desktop runtimes share: everything but the runtime.
//!
//! A [`Runtime`] says where sockets and time come from. [`accept`] hands over sockets, a
//! [`connection`] is served until it ends, and both obey the [`Settings`] and the [`ServerHandle`] by
//! which a server is watched and stopped. What an adapter adds is where connections run.
//!
//! A [`Client`](client::Client) needs a runtime that can [`Connect`].

#![forbid(unsafe_code)]

mod accept;
mod accept_error;
mod account;
mod address;
pub mod client;
mod connect;
mod connection;
mod listeners;
mod pool;
mod race;
mod runtime;
mod server_handle;
mod settings;
mod socket;
mod stream;

pub use accept::accept;
pub use accept_error::AcceptError;
pub use address::{Address, DEFAULT_PORT, WrongAddress};
pub use connect::Connect;
pub use connection::connection;
pub use runtime::{Runtime, Sleep};
pub use server_handle::{ConnectionGuard, Outcome, ServerHandle, Share, Stopped, Traffic};
pub use settings::Settings;
pub use socket::prepare;
pub use stream::Socket;
