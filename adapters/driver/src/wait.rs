//! Waiting for the peer.

use embedded_io_async::ErrorType;

/// What an adapter adds to a byte stream: how to wait for the peer without a buffer.
// The futures need not be `Send`: an adapter spawns where the types are concrete, and there the
// compiler sees whether they are.
#[allow(async_fn_in_trait)]
pub trait Wait: ErrorType {
    /// Waits until a read would not wait, or until the connection is to end: because the server
    /// stops, or because the peer was silent for too long.
    ///
    /// A read may still wait after a wake-up for nothing. Dropping the future loses nothing.
    async fn wait(&mut self) -> Result<Wake, Self::Error>;
}

/// Why a wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// There are bytes to read, or the end of the stream.
    Readable,
    /// The connection is to end now that all that was read is answered.
    Stop,
}
