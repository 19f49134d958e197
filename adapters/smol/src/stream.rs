//! A TCP connection on smol as a stream of the driver.

use std::future::poll_fn;
use std::io;
use std::net::{Shutdown as Direction, TcpStream};
use std::pin::Pin;

use embedded_io_async::{ErrorType, Read, Write};
use metric_driver::{Readable, Shutdown, Wake};
use smol::Async;
use smol::io::{AsyncRead, AsyncWrite};

/// A connection. The futures of its methods hold only pointers, since they are part of the cost of
/// an idle connection.
#[derive(Debug)]
pub struct Stream(pub Async<TcpStream>);

impl From<Stream> for Async<TcpStream> {
    fn from(stream: Stream) -> Self {
        stream.0
    }
}

impl From<Async<TcpStream>> for Stream {
    fn from(stream: Async<TcpStream>) -> Self {
        Self(stream)
    }
}

impl ErrorType for Stream {
    type Error = io::Error;
}

impl Readable for Stream {
    fn readable(&mut self) -> impl Future<Output = io::Result<Wake>> {
        poll_fn(|context| self.0.poll_readable(context).map_ok(|()| Wake::Readable))
    }

    /// Waits for an event, since smol runs a task that only yields many times before it asks the
    /// system for events.
    fn yield_now(&mut self) -> impl Future<Output = io::Result<()>> {
        poll_fn(|context| self.0.poll_writable(context))
    }
}

impl Shutdown for Stream {
    async fn shutdown(&mut self) -> io::Result<()> {
        self.0.get_ref().shutdown(Direction::Write)
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        poll_fn(|context| Pin::new(&mut self.0).poll_read(context, buffer))
    }
}

/// Writes are not buffered.
impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = io::Result<usize>> {
        poll_fn(|context| Pin::new(&mut self.0).poll_write(context, bytes))
    }

    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
