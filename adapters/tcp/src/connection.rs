//! One connection: how it waits, and how it ends.

use std::future::poll_fn;
use std::io;
use std::marker::PhantomData;
use std::task::Poll;
use std::time::Duration;

use embedded_io_async::{ErrorType, Read, Write};
use futures_lite::future::or;
use metric_driver::{Ended, Error, Readable, Session, Shutdown, Wake, serve};

use crate::accept::Accepted;
use crate::close::close;
use crate::pool::Pool;
use crate::runtime::Sleep;
use crate::server_handle::{ConnectionGuard, Outcome, Stopped};
use crate::settings::Settings;

/// A connection whose session gave it to another kind of connection.
#[derive(Debug)]
pub struct HandedOver<S, T> {
    /// The stream. All that the session filled is sent.
    pub stream: S,
    /// What was received and not consumed by the session, before all that is read next.
    pub unread: Box<[u8]>,
    /// The session, for what it knows.
    pub session: T,
    /// Counts the connection as open; its outcome is not known yet.
    pub guard: ConnectionGuard,
}

/// Serves an accepted stream with a session until either ends, or the session hands it over.
///
/// The future is what an idle connection costs, so nothing stands in it twice: a block keeps what
/// it captures in one place, where an `async fn` moves its arguments and keeps both.
pub fn connection<R, S, P, T>(
    accepted: Accepted<S, P>,
    mut session: T,
    settings: &Settings,
) -> impl Future<Output = Option<HandedOver<S, T>>> + use<R, S, P, T>
where
    R: Sleep,
    S: Read<Error = io::Error> + Write + Readable + Shutdown,
    T: Session,
{
    let Accepted { stream, mut guard, .. } = accepted;
    let (idle_timeout, stopped) = (settings.idle_timeout, guard.stopped());
    let mut stream = Connection { stream, idle_timeout, stopped, runtime: PhantomData::<R> };
    async move {
        let mut pool = Pool::default();
        let outcome = match serve(&mut stream, &mut pool, &mut session).await {
            Ok(Ended::HandedOver) => {
                let (stream, unread) = (stream.stream, pool.into_unread());
                return Some(HandedOver { stream, unread, session, guard });
            }
            Ok(_) => Outcome::Whole,
            Err(Error::Stream(error)) if is_idle(&error) => Outcome::TimedOut,
            Err(_) => Outcome::Broken,
        };
        // The rest is a courtesy, which a server that stops may cut short.
        guard.end(outcome);
        if outcome != Outcome::Broken {
            Box::pin(close::<R, S>(stream.stream)).await;
        }
        None
    }
}

/// A stream that ends when its peer is idle for too long or the server stops.
struct Connection<R, S> {
    stream: S,
    idle_timeout: Option<Duration>,
    stopped: Stopped,
    runtime: PhantomData<R>,
}

/// The output of `work`, or an error once the peer was idle for too long. The timer is boxed, so
/// that a server without a time-out does not pay for it.
fn in_time<R: Sleep, T>(
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

impl<R, S> ErrorType for Connection<R, S> {
    type Error = io::Error;
}

// No `async fn` here, for the reason that `connection` is none.
impl<R: Sleep, S: Readable<Error = io::Error>> Readable for Connection<R, S> {
    fn readable(&mut self) -> impl Future<Output = io::Result<Wake>> {
        let Self { stream, idle_timeout, stopped, .. } = self;
        let stop = async {
            stopped.await;
            Ok(Wake::Stop)
        };
        in_time::<R, _>(*idle_timeout, or(stop, stream.readable()))
    }

    fn yield_now(&mut self) -> impl Future<Output = io::Result<()>> {
        in_time::<R, _>(self.idle_timeout, self.stream.yield_now())
    }
}

impl<R, S: Read<Error = io::Error>> Read for Connection<R, S> {
    fn read(&mut self, buffer: &mut [u8]) -> impl Future<Output = io::Result<usize>> {
        self.stream.read(buffer)
    }
}

impl<R: Sleep, S: Write<Error = io::Error>> Write for Connection<R, S> {
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = io::Result<usize>> {
        in_time::<R, _>(self.idle_timeout, self.stream.write(bytes))
    }

    fn flush(&mut self) -> impl Future<Output = io::Result<()>> {
        self.stream.flush()
    }
}
