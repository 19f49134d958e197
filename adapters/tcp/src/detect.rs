//! Telling the protocol of a connection by its first line, where HTTP and the native protocol share
//! a port.

use std::io;
use std::task::{Context, Poll};
use std::time::Duration;

use embedded_io_async::Read;
use futures_lite::future::or;
use metric_driver::{Next, Progress, Readable, Session, Wake};
use metric_proto::{FirstLine, Limits, Lost};

use crate::accept::Protocol;
use crate::connection::HandedOver;
use crate::runtime::Sleep;

/// The protocol of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speaks {
    /// The native protocol.
    Native,
    /// HTTP.
    Http,
    /// HTTP if its first line is a request line of HTTP, else the native protocol.
    Either,
}

/// HTTP has a bound of its own.
impl Protocol for Speaks {
    fn is_exempt(self) -> bool {
        self == Self::Http
    }
}

impl Speaks {
    /// Returns what the first line of a connection is.
    fn first_line(self, received: &[u8], limits: Limits) -> FirstLine {
        match self {
            Self::Native => FirstLine::Native,
            Self::Http => FirstLine::Http,
            Self::Either => FirstLine::of(received, limits),
        }
    }
}

/// A session of the native protocol that hands connections over that speak HTTP, or may do so: then
/// [`is_http`] reads the rest of the line.
#[derive(Debug)]
pub struct Detect<T> {
    native: T,
    limits: Limits,
    speaks: Speaks,
}

impl<T> Detect<T> {
    /// Wraps the session of a new connection.
    pub const fn new(native: T, limits: Limits, speaks: Speaks) -> Self {
        Self { native, limits, speaks }
    }

    /// Returns what is known of the protocol.
    pub const fn speaks(&self) -> Speaks {
        self.speaks
    }

    /// Goes on with a connection that was handed over, but does not speak HTTP.
    pub const fn speak_native(&mut self) {
        self.speaks = Speaks::Native;
    }
}

impl<T: Session> Session for Detect<T> {
    fn min_input(&self) -> usize {
        self.native.min_input()
    }

    fn min_output(&self) -> usize {
        self.native.min_output()
    }

    fn process(&mut self, input: &[u8], output: &mut [u8], filled: usize) -> Progress {
        if self.speaks == Speaks::Native {
            return self.native.process(input, output, filled);
        }
        match self.speaks.first_line(input, self.limits) {
            FirstLine::Native => {
                self.speaks = Speaks::Native;
                self.native.process(input, output, filled)
            }
            FirstLine::Unknown => Progress { consumed: 0, filled, next: Next::Input },
            _ => Progress { consumed: 0, filled, next: Next::HandOver },
        }
    }

    fn turn(&self) -> usize {
        self.native.turn()
    }

    fn end_input(&mut self) {
        self.native.end_input();
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        self.native.poll_ready(context)
    }
}

/// How long a request line of HTTP may take to arrive.
const DEADLINE: Duration = Duration::from_secs(10);

/// Reads the rest of the first line of a connection that [`Detect`] handed over. Returns whether it
/// is HTTP.
///
/// # Errors
///
/// If the stream fails or ends, the server stops, or the line takes over ten seconds.
pub async fn is_http<R, S>(handed: &mut HandedOver<S, Speaks>, limits: Limits) -> io::Result<bool>
where
    R: Sleep,
    S: Read<Error = io::Error> + Readable,
{
    let late = async {
        R::sleep(DEADLINE).await;
        Err(io::ErrorKind::TimedOut.into())
    };
    let stopped = handed.guard.stopped();
    let stop = async {
        stopped.await;
        Err(io::ErrorKind::ConnectionAborted.into())
    };
    or(or(stop, late), read_line(handed, limits)).await
}

async fn read_line<S>(handed: &mut HandedOver<S, Speaks>, limits: Limits) -> io::Result<bool>
where
    S: Read<Error = io::Error> + Readable,
{
    loop {
        match handed.session.first_line(&handed.unread, limits) {
            FirstLine::Http => return Ok(true),
            FirstLine::Native => return Ok(false),
            _ => read_more(handed).await?,
        }
    }
}

async fn read_more<S>(handed: &mut HandedOver<S, Speaks>) -> io::Result<()>
where
    S: Read<Error = io::Error> + Readable,
{
    let mut received = [0; 128];
    let count = match handed.stream.readable().await? {
        Wake::Readable => handed.stream.read(&mut received).await?,
        Wake::Stop => 0,
    };
    let received = received.get(..count).filter(|received| !received.is_empty());
    let received = received.ok_or(io::ErrorKind::UnexpectedEof)?;
    handed.unread = [&handed.unread, received].concat().into();
    Ok(())
}
