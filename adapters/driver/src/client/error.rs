//! What can go wrong with a request.

use core::fmt;

use embedded_io_async::ErrorKind;
use metric_proto::{InvalidKey, InvalidReply, NotFinite};

/// Why a request failed.
///
/// After [`Refused`](Self::Refused), [`KeyTooLong`](Self::KeyTooLong),
/// [`InvalidKey`](Self::InvalidKey) and [`NotFinite`](Self::NotFinite) the client stays usable, and a
/// listing can go on after [`TimedOut`](Self::TimedOut). After any other error, connect again.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Error<E> {
    /// The server refused the request, since one of its bounds prevents it.
    Refused,
    /// The key is longer than the client has room for. Nothing was sent.
    KeyTooLong,
    /// The name is not a key. No method of this crate returns this: `?` makes it of what
    /// `Key::new` returns.
    InvalidKey(InvalidKey),
    /// The value is not finite. No method of this crate returns this: `?` makes it of what
    /// `Sample::new` returns.
    NotFinite(NotFinite),
    /// The server sent something that is not a reply, or not the reply to this request.
    InvalidReply(InvalidReply),
    /// The connection ended: the server closed or reset it, or cannot be reached any more.
    Ended,
    /// The stream timed out.
    TimedOut,
    /// The stream failed in another way.
    Stream(E),
    /// An earlier call failed or was dropped, so that the next reply may belong to that one.
    OutOfStep,
}

impl<E: embedded_io_async::Error> Error<E> {
    /// Sorts an error of the stream by its kind.
    pub(super) fn of_stream(error: E) -> Self {
        match error.kind() {
            ErrorKind::TimedOut => Self::TimedOut,
            // Which of these a socket reports depends on what was in flight.
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected => Self::Ended,
            _ => Self::Stream(error),
        }
    }
}

impl<E> From<InvalidKey> for Error<E> {
    fn from(error: InvalidKey) -> Self {
        Self::InvalidKey(error)
    }
}

impl<E> From<NotFinite> for Error<E> {
    fn from(error: NotFinite) -> Self {
        Self::NotFinite(error)
    }
}

impl<E> From<InvalidReply> for Error<E> {
    fn from(error: InvalidReply) -> Self {
        Self::InvalidReply(error)
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("the server has refused the request"),
            Self::KeyTooLong => f.write_str("the key is longer than the client has room for"),
            Self::InvalidKey(error) => error.fmt(f),
            Self::NotFinite(error) => error.fmt(f),
            Self::InvalidReply(error) => error.fmt(f),
            Self::Ended => f.write_str("the server has ended the connection"),
            Self::TimedOut => f.write_str("the server does not answer in time"),
            Self::Stream(error) => error.fmt(f),
            Self::OutOfStep => f.write_str("an earlier request did not finish; connect again"),
        }
    }
}

impl<E: core::error::Error + 'static> core::error::Error for Error<E> {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::InvalidKey(error) => Some(error),
            Self::NotFinite(error) => Some(error),
            Self::InvalidReply(error) => Some(error),
            Self::Stream(error) => Some(error),
            Self::Refused | Self::KeyTooLong | Self::Ended | Self::TimedOut | Self::OutOfStep => {
                None
            }
        }
    }
}
