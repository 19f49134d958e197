//! A connection as hyper reads and writes it, with its deadlines.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_lite::{AsyncRead, AsyncWrite};
use hyper::rt::{Read, ReadBufCursor, Write};

use crate::phase::{Deadline, Phase, SLOWEST_READER};
use crate::web::Sleep;

/// A byte stream of any runtime.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// A boxed byte stream.
pub(crate) type Io = Box<dyn Duplex>;

/// A stream that fails with [`io::ErrorKind::TimedOut`] if its peer keeps the server waiting.
pub(crate) struct Stream {
    io: Io,
    /// Bytes that were received before and are read first.
    unread: Box<[u8]>,
    phase: Arc<Phase>,
    reading: Deadline,
    writing: Deadline,
    sleep: Sleep,
}

/// How much is read at once.
const PIECE: usize = 8 * 1024;

impl Stream {
    pub(crate) fn new(io: Io, unread: Box<[u8]>, phase: Arc<Phase>, sleep: Sleep) -> Self {
        let (reading, writing) = Default::default();
        Self { io, unread, phase, reading, writing, sleep }
    }
}

impl Read for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if !this.unread.is_empty() {
            let count = this.unread.len().min(buffer.remaining());
            buffer.put_slice(&this.unread[..count]);
            this.unread = this.unread[count..].into();
            this.phase.read(count);
            return Poll::Ready(Ok(()));
        }
        let mut piece = [0; PIECE];
        let length = buffer.remaining().min(PIECE);
        let read = Pin::new(&mut this.io).poll_read(context, &mut piece[..length]);
        let Poll::Ready(count) = read else {
            return this.reading.poll(this.phase.patience(), this.sleep, context).map(Err);
        };
        let count = count?;
        buffer.put_slice(&piece[..count]);
        this.phase.read(count);
        Poll::Ready(Ok(()))
    }
}

impl Write for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        let written = Pin::new(&mut this.io).poll_write(context, bytes);
        if written.is_ready() {
            this.writing = Deadline::default();
            return written;
        }
        this.writing.poll(Some((SLOWEST_READER, 0)), this.sleep, context).map(Err)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.io).poll_flush(context))?;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_close(context)
    }
}
