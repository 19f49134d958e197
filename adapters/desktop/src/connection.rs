//! One connection: how it waits, and how it ends.

use std::io;
use std::time::Duration;

use embedded_io_async::{ErrorType, Read, Write};
use futures_lite::future::or;
use metric_driver::{Ended, Error, Lend, Service, Wait, Wake, serve};
use metric_proto::Store;

use crate::control::{Open, Outcome, Stopped};
use crate::pool::Pool;
use crate::runtime::Runtime;
use crate::settings::Settings;

/// How long a peer may be silent, after the server has said that it sends no more, before it is
/// taken to have nothing on the way.
const LINGER: Duration = Duration::from_millis(250);

/// How long a peer may go on sending after that.
const LONGEST_LINGER: Duration = Duration::from_secs(1);

/// Serves an accepted socket until it ends.
pub async fn connection<R: Runtime, S: Store>(
    socket: R::Socket,
    open: Open,
    store: S,
    settings: Settings,
) {
    let Settings { limits, idle_timeout, .. } = settings;
    let mut stream = Stream::<R> { socket, idle_timeout, stopped: open.control().stopped() };
    let answered = |tally| open.control().answered(tally);
    let service = Service { limits, store, answered };
    let outcome = match serve(&mut stream, &mut Pool::default(), service).await {
        Ok(Ended::ByPeer | Ended::Stopped) => Outcome::Whole,
        Err(Error::Stream(error)) if error.kind() == io::ErrorKind::TimedOut => Outcome::TimedOut,
        Err(_) => Outcome::Broken,
    };
    if outcome != Outcome::Broken {
        stream.linger().await;
    }
    open.end(outcome);
}

/// A socket that ends when its peer is idle for too long or the server stops.
struct Stream<R: Runtime> {
    socket: R::Socket,
    idle_timeout: Option<Duration>,
    stopped: Stopped,
}

impl<R: Runtime> Stream<R> {
    /// Closes in a way that loses no reply: a socket that is closed while its peer sends is reset,
    /// and a reset takes replies along that are still on their way.
    async fn linger(mut self) {
        let _ = R::end(&self.socket);
        let discarded = async { while let Ok(1..) = self.discard().await {} };
        or(discarded, R::sleep(LONGEST_LINGER)).await;
    }

    /// Reads what the peer sends, up to its end or a silence.
    async fn discard(&mut self) -> io::Result<usize> {
        let silent = async {
            R::sleep(LINGER).await;
            Err(io::ErrorKind::TimedOut.into())
        };
        or(R::readable(&mut self.socket), silent).await?;
        let mut pool = Pool::default();
        self.socket.read(pool.lend().input.space()).await
    }
}

/// Resolves to an error when the peer was idle for too long; never without a time-out.
async fn idle<R: Runtime>(timeout: Option<Duration>) -> io::Error {
    match timeout {
        Some(timeout) => R::sleep(timeout).await,
        None => std::future::pending().await,
    }
    io::Error::new(io::ErrorKind::TimedOut, "the peer was idle for too long")
}

impl<R: Runtime> ErrorType for Stream<R> {
    type Error = io::Error;
}

impl<R: Runtime> Wait for Stream<R> {
    async fn wait(&mut self) -> io::Result<Wake> {
        let Self { socket, idle_timeout, stopped } = self;
        let readable = async {
            R::readable(socket).await?;
            Ok(Wake::Readable)
        };
        let stopped = async {
            stopped.await;
            Ok(Wake::Stop)
        };
        or(stopped, or(readable, async { Err(idle::<R>(*idle_timeout).await) })).await
    }

    async fn give_turn(&mut self) -> io::Result<()> {
        let idle = async { Err(idle::<R>(self.idle_timeout).await) };
        or(R::give_turn(&mut self.socket), idle).await
    }
}

impl<R: Runtime> Read for Stream<R> {
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.read(buffer).await
    }
}

impl<R: Runtime> Write for Stream<R> {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let idle = async { Err(idle::<R>(self.idle_timeout).await) };
        or(self.socket.write(bytes), idle).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
