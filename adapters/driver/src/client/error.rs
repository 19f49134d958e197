//! What can go wrong with a request.

use core::fmt;

use embedded_io_async::ErrorKind;
use metric_proto::InvalidReply;

/// Why a request was not done.
///
/// After [`Refused`](Self::Refused) and [`KeyTooLong`](Self::KeyTooLong) the client goes on, and a
/// listing also after [`TimedOut`](Self::TimedOut), by another `next`. After any other error the client is out of step
/// and of no more use: connect anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error<E> {
    /// The server has refused the request: it is over one of the server's bounds.
    Refused,
    /// The key is longer than the client has room for, so nothing was sent.
    KeyTooLong,
    /// What came is not a reply of the protocol, or not to this request.
    InvalidReply(InvalidReply),
    /// The connection is over: the server has ended it, or reset it, or the way to it is gone.
    Ended,
    /// The stream's time is up.
    TimedOut,
    /// The stream failed in another way.
    Stream(E),
    /// An earlier call failed or was dropped before its end, so the next reply could be to that.
    OutOfStep,
}

impl<E: embedded_io_async::Error> From<E> for Error<E> {
    fn from(error: E) -> Self {
        match error.kind() {
            ErrorKind::TimedOut => Self::TimedOut,
            // How a socket learns of the end depends on what was on the way then.
            ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected => Self::Ended,
            _ => Self::Stream(error),
        }
    }
}

impl<E: fmt::Display> fmt::Display for Error<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused => f.write_str("the server has refused the request"),
            Self::KeyTooLong => f.write_str("the key is longer than the client has room for"),
            Self::InvalidReply(error) => error.fmt(f),
            Self::Ended => f.write_str("the server has ended the connection"),
            Self::TimedOut => f.write_str("the server does not answer in time"),
            Self::Stream(error) => error.fmt(f),
            Self::OutOfStep => {
                f.write_str("an earlier request was not brought to its end; connect anew")
            }
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for Error<E> {}
