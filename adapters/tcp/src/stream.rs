//! A runtime's socket as a stream of the driver.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;

use embedded_io_async::{ErrorType, Read, Write};
use futures_lite::{AsyncRead, AsyncWrite};

/// A socket with the traits that the driver takes. The futures are pointers and no more, as they
/// are a part of what an idle connection costs.
#[derive(Debug)]
pub struct Socket<T>(pub T);

impl<T> ErrorType for Socket<T> {
    type Error = io::Error;
}

impl<T: AsyncRead + Unpin> Read for Socket<T> {
    fn read(&mut self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        poll_fn(|context| Pin::new(&mut self.0).poll_read(context, buffer))
    }
}

impl<T: AsyncWrite + Unpin> Write for Socket<T> {
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = io::Result<usize>> {
        poll_fn(|context| Pin::new(&mut self.0).poll_write(context, bytes))
    }

    fn flush(&mut self) -> impl Future<Output = io::Result<()>> {
        poll_fn(|context| Pin::new(&mut self.0).poll_flush(context))
    }
}
