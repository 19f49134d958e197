//! What the servers of the desktop runtimes share: everything but the runtime.
//!
//! A [`Runtime`] says where sockets and time come from. [`accept`] hands over sockets, a
//! [`connection`] is served until it ends, and both obey the [`Settings`] and the [`Control`] by
//! which a server is watched and stopped. What an adapter adds is where connections run.

#![forbid(unsafe_code)]

mod accept;
mod connection;
mod control;
mod pool;
mod runtime;
mod settings;
mod socket;
mod stream;

pub use accept::accept;
pub use connection::connection;
pub use control::{Control, Open, Outcome, Stopped, Traffic};
pub use runtime::Runtime;
pub use settings::Settings;
pub use socket::prepare;
pub use stream::Socket;
