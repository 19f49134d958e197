//! One connection: its stream, how it waits, and how it ends.

use std::future::poll_fn;
use std::io::{self, Read as _};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use embedded_io_adapters::futures_03::FromFutures;
use embedded_io_async::{ErrorType, Read, Write};
use metric_desktop::{Control, Pool, Settings, Stopped};
use metric_driver::{Ended, Service, Wait, Wake, serve};
use metric_proto::Store;
use smol::future::or;
use smol::{Async, Timer};

/// How long a peer may be silent, after the server has said that it sends no more, before it is
/// taken to have nothing on the way.
const LINGER: Duration = Duration::from_millis(250);

/// Serves an accepted socket until it ends.
pub(crate) async fn connection<S: Store>(
    socket: Async<TcpStream>,
    store: S,
    settings: &Settings,
    control: &Control,
) {
    let mut stream = Stream::new(socket, settings.idle_timeout, control.stopped());
    let answered = |tally| control.answered(tally);
    let service = Service { limits: settings.limits, store, answered };
    match serve(&mut stream, &mut Pool::default(), service).await {
        Ok(Ended::ByPeer) => {}
        Ok(Ended::Stopped) => stream.linger().await,
        Err(error) => log::debug!("a connection broke: {error}"),
    }
}

/// A socket that ends when its peer is silent for too long or the server stops.
struct Stream {
    socket: FromFutures<Async<TcpStream>>,
    idle_timeout: Option<Duration>,
    stopped: Stopped,
}

impl Stream {
    fn new(socket: Async<TcpStream>, idle_timeout: Option<Duration>, stopped: Stopped) -> Self {
        Self { socket: FromFutures::new(socket), idle_timeout, stopped }
    }

    /// Closes in a way that loses no reply: a socket that is closed while its peer sends is reset,
    /// and a reset takes replies along that are still on their way.
    async fn linger(self) {
        let socket = self.socket.into_inner();
        let _ = socket.get_ref().shutdown(Shutdown::Write);
        let read = || socket.read_with(|mut socket| socket.read(&mut [0; 4096]));
        let silent = || async {
            Timer::after(LINGER).await;
            Ok(0)
        };
        while let Ok(1..) = or(read(), silent()).await {}
    }
}

/// Resolves to an error when the peer was idle for too long; never without a time-out.
async fn idle(timeout: Option<Duration>) -> io::Error {
    match timeout {
        Some(timeout) => Timer::after(timeout).await,
        None => std::future::pending().await,
    };
    io::Error::new(io::ErrorKind::TimedOut, "the peer was idle for too long")
}

impl ErrorType for Stream {
    type Error = io::Error;
}

impl Wait for Stream {
    async fn wait(&mut self) -> io::Result<Wake> {
        let Self { socket, idle_timeout, stopped } = self;
        let readable = async {
            poll_fn(|context| socket.inner().poll_readable(context)).await?;
            Ok(Wake::Readable)
        };
        let stopped = async {
            stopped.await;
            Ok(Wake::Stop)
        };
        or(stopped, or(readable, async { Err(idle(*idle_timeout).await) })).await
    }
}

impl Read for Stream {
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.read(buffer).await
    }
}

impl Write for Stream {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let idle = async { Err(idle(self.idle_timeout).await) };
        or(self.socket.write(bytes), idle).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
