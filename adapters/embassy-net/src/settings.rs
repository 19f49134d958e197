//! The settings of workers.

use embassy_time::Duration;
use metric_proto::Limits;

/// The settings of workers.
///
/// The time-outs bound the time for which any peer can hold a worker, since a board has few of them
/// and nobody restarts it.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Settings {
    /// The limits of requests. A worker's input buffer has at least [`Limits::min_input`] bytes.
    pub limits: Limits,
    /// The TCP port; not 0.
    pub port: u16,
    /// The time within which a peer must finish a request, at least a millisecond. Single bytes and
    /// answers to keep-alives do not count. With `Duration::MAX`, only keep-alive detects dead peers.
    pub idle_timeout: Duration,
    /// The time within which a peer must read an output buffer of replies, and acknowledge the end
    /// of the connection, at least a millisecond.
    ///
    /// It is also the interval of keep-alives. A peer that does not answer them for three times as
    /// long is dead. For this purpose, more than a day counts as a day.
    pub write_timeout: Duration,
    /// The time after which a connection is reset, whatever its peer does, at least a millisecond. A
    /// connection that is being closed by then may take `write_timeout` more.
    ///
    /// It is for servers of short requests, such as the page of a board: peers that read slowly hold
    /// a worker no longer than that. With the default, `Duration::MAX`, a peer that makes requests and
    /// reads replies is served for ever.
    pub connection_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self::new(Limits::DESKTOP)
    }
}

impl Settings {
    /// The default, but for the limits of requests.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            port: 8888,
            idle_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(10),
            connection_timeout: Duration::MAX,
        }
    }

    /// A time-out of nothing cuts every peer and, where it is also the interval of keep-alives,
    /// sends them without a pause.
    ///
    /// # Panics
    ///
    /// If the port or a time-out is too small.
    pub(crate) fn assert_valid(&self) {
        assert!(self.port != 0, "nobody can connect to port 0");
        assert!(self.idle_timeout >= SHORTEST, "no peer can finish a request in no time");
        assert!(self.write_timeout >= SHORTEST, "no peer can take a reply in no time");
        assert!(self.connection_timeout >= SHORTEST, "no peer can be served in no time");
    }
}

/// The shortest time-out: there is no network on which less makes sense, and what the stack cannot
/// count in its microseconds is nothing to it.
const SHORTEST: Duration = Duration::from_millis(1);
