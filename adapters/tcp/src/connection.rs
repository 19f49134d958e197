//! One connection: how it waits, and how it ends.

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use embedded_io_async::{ErrorType, Read, Write};
use futures_lite::future::or;
use metric_driver::{Error, Lend, Session, Wait, Wake, serve};

use crate::pool::Pool;
use crate::runtime::Runtime;
use crate::server_handle::{ConnectionGuard, Outcome, Stopped};
use crate::settings::Settings;

/// How long a peer may be silent, after the server has said that it sends no more, before it is
/// taken to have nothing on the way.
const LINGER: Duration = Duration::from_millis(250);

/// How long a peer may go on sending after that.
const LONGEST_LINGER: Duration = Duration::from_secs(1);

/// Serves an accepted socket with a session until either ends.
///
/// The future is what an idle connection costs, so nothing stands in it twice: a block keeps what
/// it captures in one place, where an `async fn` moves its arguments and keeps both.
pub fn connection<R: Runtime, T: Session>(
    socket: R::Socket,
    mut open: ConnectionGuard,
    mut session: T,
    settings: &Settings,
) -> impl Future<Output = ()> + use<R, T> {
    let idle_timeout = settings.idle_timeout;
    let mut stream = Stream::<R> { socket, idle_timeout, stopped: open.stopped() };
    async move {
        let outcome = match serve(&mut stream, &mut Pool::default(), &mut session).await {
            Ok(_) => Outcome::Whole,
            Err(Error::Stream(error)) if is_idle(&error) => Outcome::TimedOut,
            Err(_) => Outcome::Broken,
        };
        // The rest is a courtesy, so who stops the server may end it.
        open.end(outcome);
        if outcome != Outcome::Broken {
            Box::pin(stream.linger()).await;
        }
    }
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

/// What comes of some work, or an error once the peer was idle for too long. The timer has a place
/// of its own, for which only who has a time-out pays.
fn in_time<R: Runtime, T>(
    timeout: Option<Duration>,
    work: impl Future<Output = io::Result<T>>,
) -> impl Future<Output = io::Result<T>> {
    let mut timer = timeout.map(|timeout| Box::pin(R::sleep(timeout)));
    let late = poll_fn(move |context| match &mut timer {
        Some(timer) => timer.as_mut().poll(context).map(|()| Err(idle())),
        None => Poll::Pending,
    });
    or(work, late)
}

fn idle() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the peer was idle for too long")
}

/// The system has an error of this kind for peers that are dead.
fn is_idle(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::TimedOut && error.raw_os_error().is_none()
}

impl<R: Runtime> ErrorType for Stream<R> {
    type Error = io::Error;
}

// No `async fn` here, for the reason that `connection` is none.
impl<R: Runtime> Wait for Stream<R> {
    fn wait(&mut self) -> impl Future<Output = io::Result<Wake>> {
        let Self { socket, idle_timeout, stopped } = self;
        let stop = async {
            stopped.await;
            Ok(Wake::Stop)
        };
        let readable = async { R::readable(socket).await.map(|()| Wake::Readable) };
        in_time::<R, _>(*idle_timeout, or(stop, readable))
    }

    fn give_turn(&mut self) -> impl Future<Output = io::Result<()>> {
        in_time::<R, _>(self.idle_timeout, R::give_turn(&mut self.socket))
    }
}

impl<R: Runtime> Read for Stream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.socket.read(buffer)
    }
}

impl<R: Runtime> Write for Stream<R> {
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = io::Result<usize>> {
        in_time::<R, _>(self.idle_timeout, self.socket.write(bytes))
    }

    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
