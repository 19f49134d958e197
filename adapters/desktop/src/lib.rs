//! What the servers of the desktop runtimes share, whichever runtime it is: [`Settings`], the
//! [`Pool`] of buffers, and the [`Control`] by which a server is watched and stopped.

#![forbid(unsafe_code)]

mod control;
mod pool;
mod settings;
mod socket;

pub use control::{Control, Open, Stopped, Traffic};
pub use pool::{Lent, Pool};
pub use settings::Settings;
pub use socket::{prepare, retry_accept};
