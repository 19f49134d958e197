//! Waiting for the peer.

use embassy_futures::yield_now;
use embedded_io_async::ErrorType;

/// What an adapter adds to a byte stream: how to wait for the peer without a buffer.
// The futures need not be `Send`: an adapter spawns where the types are concrete, and there the
// compiler sees whether they are.
#[allow(async_fn_in_trait)]
pub trait Wait: ErrorType {
    /// Waits until a read would not wait, or until the connection is to end because the server
    /// stops. That a peer was silent for too long is an error, if that matters.
    ///
    /// Of what was written nothing may be held back meanwhile: a stream with a buffer flushes it
    /// first. Dropping the future loses nothing.
    async fn wait(&mut self) -> Result<Wake, Self::Error>;

    /// Lets others have a turn in the middle of a long reply or of a long batch, to which the
    /// replies may not be sent yet.
    ///
    /// Where other connections are heard of only when an executor has nothing else to do, this
    /// must wait for that.
    async fn give_turn(&mut self) -> Result<(), Self::Error> {
        yield_now().await;
        Ok(())
    }
}

/// Why a wait is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// There are bytes to read, or the end of the stream.
    Readable,
    /// The connection is to end now that all that was read is answered.
    Stop,
}
