//! What a server needs of a runtime.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// Where time comes from.
#[allow(async_fn_in_trait)]
pub trait Sleep {
    /// Waits for `duration`.
    async fn sleep(duration: Duration);
}

/// A runtime of the desktop: where listeners and streams come from.
// The futures need not be `Send`: a server spawns where the runtime is a concrete type.
#[allow(async_fn_in_trait)]
pub trait Runtime: Sleep {
    /// Listens for connections.
    type Listener;

    /// An accepted connection.
    type Stream;

    /// Waits for a connection and accepts it; returns its peer, too. An error of the kind
    /// `WouldBlock` says that there was none after all. Dropping the future loses no connection.
    async fn accept(listener: &Self::Listener) -> io::Result<(Self::Stream, SocketAddr)>;
}
