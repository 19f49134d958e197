//! How workers behave.

use embassy_time::Duration;
use metric_proto::Limits;

/// How workers behave.
///
/// Whatever a peer does or does not do, it holds a worker no longer than the time-outs say: a
/// board has few, and nobody to restart it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The bounds of requests; a worker's input has room for [`Limits::min_input`] bytes.
    pub limits: Limits,
    /// The TCP port; not 0.
    pub port: u16,
    /// How long a peer may go without finishing a request, at least a millisecond. That it sends
    /// single bytes, or answers keep-alives, does not count. With [`Duration::MAX`] only peers that
    /// are gone are found.
    pub idle_timeout: Duration,
    /// How long a peer may take for an output buffer of replies, and for the end of the
    /// connection, at least a millisecond.
    ///
    /// Also how often a silent peer is asked for a sign of life; after three times as long without
    /// one it is gone. Longer than a day counts as a day there.
    pub write_timeout: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            limits: Limits::DESKTOP,
            port: 8888,
            idle_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(10),
        }
    }
}

impl Settings {
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
    }
}

/// The shortest time-out: there is no network on which less makes sense, and what the stack cannot
/// count in its microseconds is nothing to it.
const SHORTEST: Duration = Duration::from_millis(1);
