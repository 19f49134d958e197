//! Listeners and connections of a thread that asks for events itself, by a [`Poller`].

use std::future::poll_fn;
use std::io::{self, Read as _, Write as _};
use std::net::{self, Shutdown as Direction, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use embedded_io_async::{ErrorType, Read, Write};
use metric_driver::{Readable, Shutdown, Wake};
use metric_tcp::{Runtime, Sleep, prepare};
use mio::Interest;
use mio::net::{TcpListener, TcpStream};
use smol::Async;

use crate::poller::{Poller, Source, yield_here};
use crate::runtime::Smol;

/// smol as the server program runs it: its executor and timers, and sockets that are registered once.
#[derive(Debug)]
pub struct Polled;

impl Sleep for Polled {
    /// A wait of zero needs no timer.
    async fn sleep(duration: Duration) {
        if duration.is_zero()
            && let Some(yielded) = yield_here()
        {
            yielded.await;
        } else {
            Smol::sleep(duration).await;
        }
    }
}

/// A listener of the thread that accepts.
#[derive(Debug)]
pub struct PolledListener(Source<TcpListener>);

impl PolledListener {
    /// Registers a listener.
    pub(crate) fn new(listener: net::TcpListener, poller: &Rc<Poller>) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener);
        Source::new(listener, Interest::READABLE, poller).map(Self)
    }
}

impl Runtime for Polled {
    type Listener = PolledListener;
    /// Not registered yet, since it may be for another thread.
    type Stream = TcpStream;

    /// Lets open connections have a turn first. Then it tries to accept at once, without an event:
    /// the system reports one event for all waiting connections.
    async fn accept(
        PolledListener(listener): &PolledListener,
    ) -> io::Result<(TcpStream, SocketAddr)> {
        smol::future::yield_now().await;
        let accepted = poll_fn(|context| listener.poll_io(context, TcpListener::accept)).await?;
        // If this fails, the peer is gone already, and serving it will fail.
        let _ = prepare(&accepted.0);
        Ok(accepted)
    }
}

/// A connection of the thread that serves it.
#[derive(Debug)]
pub struct PolledStream(Source<TcpStream>);

impl PolledStream {
    /// Registers an accepted connection.
    pub(crate) fn new(stream: TcpStream, poller: &Rc<Poller>) -> io::Result<Self> {
        Source::new(stream, Interest::READABLE | Interest::WRITABLE, poller).map(Self)
    }
}

/// For protocols that run on smol's reactor.
impl TryFrom<PolledStream> for Async<net::TcpStream> {
    type Error = io::Error;

    fn try_from(stream: PolledStream) -> io::Result<Self> {
        Self::new(stream.0.into_inner()?.into())
    }
}

impl ErrorType for PolledStream {
    type Error = io::Error;
}

impl Readable for PolledStream {
    fn readable(&mut self) -> impl Future<Output = io::Result<Wake>> {
        let peek = |stream: &TcpStream| stream.peek(&mut [0]);
        poll_fn(move |context| self.0.poll_readable(context, peek).map_ok(|()| Wake::Readable))
    }

    async fn yield_now(&mut self) -> io::Result<()> {
        self.0.poller().yield_now().await;
        Ok(())
    }
}

impl Shutdown for PolledStream {
    async fn shutdown(&mut self) -> io::Result<()> {
        self.0.get_ref().shutdown(Direction::Write)
    }
}

impl Read for PolledStream {
    fn read(&mut self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        poll_fn(|context| {
            let length = buffer.len();
            self.0.poll_read(context, length, |mut stream| stream.read(buffer))
        })
    }
}

/// Writes are not buffered.
impl Write for PolledStream {
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = io::Result<usize>> {
        poll_fn(|context| self.0.poll_write(context, |mut stream| stream.write(bytes)))
    }

    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
