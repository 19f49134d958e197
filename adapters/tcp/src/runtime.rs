//! What a server needs of a runtime.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use embedded_io_async::{Read, Write};

/// Where time comes from.
#[allow(async_fn_in_trait)]
pub trait Sleep {
    /// Waits for so long.
    async fn sleep(duration: Duration);
}

/// A runtime of the desktop: where listeners and sockets come from.
// The futures need not be `Send`: a server spawns where the runtime is a concrete type.
#[allow(async_fn_in_trait)]
pub trait Runtime: Sleep {
    /// Listens for connections.
    type Listener;

    /// An accepted connection. A write is not held back, so that there is nothing to flush.
    type Socket: Read<Error = io::Error> + Write;

    /// Waits for a connection and accepts it; returns its peer, too. An error of the kind
    /// `WouldBlock` says that there was none after all. Dropping the future loses no connection.
    async fn accept(listener: &Self::Listener) -> io::Result<(Self::Socket, SocketAddr)>;

    /// Waits until a read would not wait. Dropping the future loses nothing.
    async fn readable(socket: &mut Self::Socket) -> io::Result<()>;

    /// Lets other tasks and new events of the system have a turn. It may wait until a write would
    /// not wait.
    async fn give_turn(socket: &mut Self::Socket) -> io::Result<()>;

    /// Says to the peer that no more will be sent.
    ///
    /// # Errors
    ///
    /// As the system says; most likely the peer is gone.
    fn end(socket: &Self::Socket) -> io::Result<()>;
}
