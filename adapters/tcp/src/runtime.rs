//! The interface to a runtime.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

/// The timers of a runtime.
pub trait Sleep: 'static {
    /// Waits for `duration`. A wait of zero ends after the runtime has asked the system for events.
    fn sleep(duration: Duration) -> impl Future<Output = ()> + Send + 'static;
}

/// The listeners and streams of a desktop runtime.
// The futures need no `Send` bound: a server spawns where the runtime is a concrete type.
#[allow(async_fn_in_trait)]
pub trait Runtime: Sleep {
    /// Listens for connections.
    type Listener;

    /// An accepted connection.
    type Stream;

    /// Waits for a connection and accepts it; returns it with its peer's address. An error of the
    /// kind `WouldBlock` means that the connection was gone. Dropping the future loses no
    /// connection.
    async fn accept(listener: &Self::Listener) -> io::Result<(Self::Stream, SocketAddr)>;
}
