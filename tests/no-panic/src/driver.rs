//! The loop that serves a connection.

use core::pin::pin;
use core::task::{Context, Poll};

use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use metric_driver::{Buffers, Ended, Error, Lines, Readable, Wake, serve};
use metric_proto::Tally;

use crate::store::Board;

/// A stream of which nothing is known: it may even say that it read more than there was room for.
/// It never waits, so that a single poll serves the whole connection.
pub trait Peer {
    /// Whether to go on.
    fn wait(&mut self) -> Result<Wake, ErrorKind>;
    /// How many bytes came.
    fn read(&mut self, room: &mut [u8]) -> Result<usize, ErrorKind>;
    /// How many bytes went.
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind>;
}

/// That peer as a stream.
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

/// Who is told what was answered.
type Answered<'a> = &'a mut dyn FnMut(Tally, &[u8]);

entries! {
    /// With an input buffer for the longest lines that limits can have, since `serve` panics at
    /// once if they are longer than that.
    fn driver(
        peer: &mut dyn Peer,
        buffers: &mut Buffers<65_537, 512>,
        session: Lines<&mut Board, Answered<'_>>,
        context: &mut Context<'_>,
    ) -> Poll<Result<Ended, Error<ErrorKind>>> {
        pin!(serve(&mut Connection(peer), buffers, session)).poll(context)
    }
}
