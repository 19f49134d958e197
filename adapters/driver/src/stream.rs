//! What the loop needs of a stream besides reading and writing.

use embassy_futures::yield_now;
use embedded_io_async::ErrorType;

/// A stream that can wait for its peer without a buffer.
// The futures need no `Send` bound: adapters spawn with concrete types, so the compiler checks them
// there.
#[allow(async_fn_in_trait)]
pub trait Readable: ErrorType {
    /// Waits until a read would not block, or until the connection must end because the server
    /// stops. Returns an error if an idle time-out is configured and expires.
    ///
    /// A stream with a write buffer flushes it first. Dropping the future loses nothing.
    async fn readable(&mut self) -> Result<Wake, Self::Error>;

    /// Lets other tasks have a turn in the middle of a long reply or of a long batch. Replies may
    /// still be unsent.
    ///
    /// If an executor checks other connections only when it has nothing else to do, this must wait
    /// until it has.
    async fn yield_now(&mut self) -> Result<(), Self::Error> {
        yield_now().await;
        Ok(())
    }
}

/// A stream whose write side can be shut down alone.
#[allow(async_fn_in_trait)]
pub trait Shutdown: ErrorType {
    /// Tells the peer that no more will be sent. Reading is still possible.
    async fn shutdown(&mut self) -> Result<(), Self::Error>;
}

/// Why [`Readable::readable`] returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// There are bytes to read, or the stream has ended.
    Readable,
    /// The connection must end. All that was read is answered.
    Stop,
}
