//! What the loop asks of a stream beside bytes.

use embassy_futures::yield_now;
use embedded_io_async::ErrorType;

/// A stream that can wait for its peer without a buffer.
// The futures need not be `Send`: an adapter spawns where the types are concrete, and there the
// compiler sees whether they are.
#[allow(async_fn_in_trait)]
pub trait Readable: ErrorType {
    /// Waits until a read would not wait, or until the connection is to end because the server
    /// stops. Returns an error if an idle time-out is configured and expires.
    ///
    /// Nothing that was written may be held back meanwhile: a stream with a buffer flushes it
    /// first. Dropping the future loses nothing.
    async fn readable(&mut self) -> Result<Wake, Self::Error>;

    /// Lets other tasks have a turn in the middle of a long reply or of a long batch, whose replies
    /// may still be unsent.
    ///
    /// Where an executor learns of other connections only when it has nothing else to do, this
    /// must wait for that.
    async fn yield_now(&mut self) -> Result<(), Self::Error> {
        yield_now().await;
        Ok(())
    }
}

/// A stream whose two directions end apart from each other.
#[allow(async_fn_in_trait)]
pub trait Shutdown: ErrorType {
    /// Tells the peer that no more will be sent. What the peer sends can still be read.
    async fn shutdown(&mut self) -> Result<(), Self::Error>;
}

/// Why [`Readable::readable`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// There are bytes to read, or the end of the stream.
    Readable,
    /// The connection is to end now that all that was read is answered.
    Stop,
}
