//! A TCP connection on async-std as a stream of the driver.

use std::future::poll_fn;
use std::io;
use std::net::Shutdown as Direction;
use std::pin::Pin;

use async_std::io::{Read as AsyncRead, Write as AsyncWrite};
use async_std::net::TcpStream;
use async_std::task;
use embedded_io_async::{ErrorType, Read, Write};
use metric_driver::{Readable, Shutdown, Wake};

/// A connection.
#[derive(Debug)]
pub struct Stream(pub TcpStream);

impl From<Stream> for TcpStream {
    fn from(stream: Stream) -> Self {
        stream.0
    }
}

impl From<TcpStream> for Stream {
    fn from(stream: TcpStream) -> Self {
        Self(stream)
    }
}

impl ErrorType for Stream {
    type Error = io::Error;
}

impl Readable for Stream {
    /// Peeks at a byte, since async-std can only wait for readability by reading. That does not
    /// wait while there are bytes, so this yields first: a peer that never stops sending would
    /// starve the other connections of the thread.
    async fn readable(&mut self) -> io::Result<Wake> {
        task::yield_now().await;
        self.0.peek(&mut [0]).await.map(|_| Wake::Readable)
    }

    async fn yield_now(&mut self) -> io::Result<()> {
        task::yield_now().await;
        Ok(())
    }
}

impl Shutdown for Stream {
    async fn shutdown(&mut self) -> io::Result<()> {
        self.0.shutdown(Direction::Write)
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
