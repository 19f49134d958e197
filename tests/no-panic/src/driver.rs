//! The loop that serves a connection.

use core::pin::pin;
use core::task::{Context, Poll};

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use metric_driver::{Buffers, Ended, Error, Lines, Readable, Wake, serve};
use metric_proto::Tally;

use crate::store::Board;

/// An unknown stream. It may even report that it read more bytes than there was room for. It never
/// waits, so that a single poll serves the whole connection.
pub trait Peer {
    /// Returns whether to read or to stop.
    fn wait(&mut self) -> Result<Wake, ErrorKind>;
    /// Returns the number of bytes read.
    fn read(&mut self, room: &mut [u8]) -> Result<usize, ErrorKind>;
    /// Returns the number of bytes written.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind>;
}

/// A [`Peer`] as a stream.
pub struct Connection<'a>(&'a mut dyn Peer);

impl ErrorType for Connection<'_> {
    type Error = ErrorKind;
}

impl Readable for Connection<'_> {
    async fn readable(&mut self) -> Result<Wake, ErrorKind> {
        self.0.wait()
    }

    async fn yield_now(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl Read for Connection<'_> {
    async fn read(&mut self, room: &mut [u8]) -> Result<usize, ErrorKind> {
        self.0.read(room)
    }
}

impl Write for Connection<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        self.0.write(bytes)
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// The callback for the answers of each batch.
pub type Answered<'a> = dyn FnMut(Tally, &[u8]) + 'a;

entries! {
    /// With buffers for the longest lines and keys that limits allow, since `serve` panics at once if
    /// the buffers are too small.
    fn driver(
        peer: &mut dyn Peer,
        buffers: &mut Buffers<65_537, 65_583>,
        session: Lines<&mut Board, &mut Answered<'_>>,
        context: &mut Context<'_>,
    ) -> Poll<Result<Ended, Error<ErrorKind>>> {
        pin!(serve(&mut Connection(peer), buffers, session)).poll(context)
    }
}
