//! One connection: how it begins, its stream, and how it ends.

use core::fmt;

use embassy_futures::select::{Either, select};
use embassy_net::tcp::{State, TcpSocket};
use embassy_time::{Duration, Timer, with_deadline};
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use metric_driver::{Readable, Wake};

use crate::deadlines::{Deadlines, within};
use crate::settings::Settings;

/// Listens until a peer is there. `false` if it was gone before its connection was.
pub(crate) async fn accept(socket: &mut TcpSocket<'_>, settings: &Settings) -> bool {
    let sign_of_life = settings.write_timeout.min(DAY);
    // Replies are written whole: to hold them back would only delay them.
    socket.set_nagle_enabled(false);
    socket.set_keep_alive(Some(sign_of_life));
    // This one also ends a handshake that the peer began and does not finish.
    socket.set_timeout(Some(sign_of_life));
    let accepted = socket.accept(settings.port).await.is_ok();
    socket.set_timeout(Some(sign_of_life * 3));
    accepted && socket.state() != State::Closed
}

/// Sends what is left and the end of the stream, and waits until the peer has acknowledged both. A
/// reset is heard of as long as something is left; of the end alone the stack does not tell.
pub(crate) async fn close(socket: &mut TcpSocket<'_>, time: Duration) -> Result<(), Broken> {
    let was_open = socket.state() != State::Closed;
    socket.close();
    let flushed = with_deadline(within(time), socket.flush()).await;
    flushed.map_err(|_| Broken::TooSlow)??;
    // The stack takes a socket that was reset for one that has nothing left to send.
    if was_open && socket.send_queue() == 0 { Ok(()) } else { Err(Broken::ByPeer) }
}

/// Ends a connection at once, and tells the peer if it can be told.
pub(crate) async fn abort(socket: &mut TcpSocket<'_>) {
    socket.abort();
    let _ = with_deadline(within(RESET_TIMEOUT), socket.flush()).await;
}

/// A socket whose peer is cut when it takes too long.
pub(crate) struct Connection<'a, 's> {
    pub(crate) socket: &'a mut TcpSocket<'s>,
    pub(crate) deadlines: &'a Deadlines<'a>,
}

/// Why a connection is of no more use.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Broken {
    /// The peer has reset it, or gives no sign of life.
    ByPeer,
    /// The peer took too long.
    TooSlow,
}

impl From<embassy_net::tcp::Error> for Broken {
    fn from(_: embassy_net::tcp::Error) -> Self {
        Self::ByPeer
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ByPeer => "the peer is gone",
            Self::TooSlow => "the peer took too long",
        })
    }
}

impl core::error::Error for Broken {}

impl embedded_io_async::Error for Broken {
    fn kind(&self) -> ErrorKind {
        match self {
            Self::ByPeer => ErrorKind::ConnectionReset,
            Self::TooSlow => ErrorKind::TimedOut,
        }
    }
}

impl ErrorType for Connection<'_, '_> {
    type Error = Broken;
}

impl Readable for Connection<'_, '_> {
    async fn readable(&mut self) -> Result<Wake, Broken> {
        // The deadline comes first: there may always be something to read and never a request.
        let too_late = Timer::at(self.deadlines.idle());
        // This takes no bytes. `wait_read_ready` would not see the end of the stream.
        let readable = self.socket.read_with(|_| (0, ()));
        match select(too_late, readable).await {
            Either::First(()) => Err(Broken::TooSlow),
            // A reset is what the read that follows will find.
            Either::Second(_) => Ok(Wake::Readable),
        }
    }

    /// Goes on at once, so that the next buffer of a reply joins the one before in the socket, and
    /// both leave in one segment. Others have their turn when the socket is full or empty, and
    /// that is soon: it holds little.
    async fn yield_now(&mut self) -> Result<(), Broken> {
        self.deadlines.begin();
        Ok(())
    }
}

impl Read for Connection<'_, '_> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Broken> {
        let count = self.socket.read(buffer).await?;
        self.deadlines.begin();
        Ok(count)
    }
}

impl Write for Connection<'_, '_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, Broken> {
        let written = with_deadline(self.deadlines.write(), self.socket.write(bytes)).await;
        let count = written.map_err(|_| Broken::TooSlow)??;
        self.deadlines.replied();
        Ok(count)
    }

    /// Does nothing: the stack sends by itself. The socket's own `flush` waits until the peer has
    /// acknowledged everything, so it would cost a round trip, or a delayed acknowledgement, after
    /// each reply.
    async fn flush(&mut self) -> Result<(), Broken> {
        Ok(())
    }
}

/// How long a reset may wait until the network takes it. It is sent at once or, if the peer's
/// hardware address is not known any more, never.
const RESET_TIMEOUT: Duration = Duration::from_secs(1);

/// Keeps the stack's own sums of microseconds far from an overflow.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
