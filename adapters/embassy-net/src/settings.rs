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
    /// How long a peer may go without finishing a request. That it sends single bytes, or answers
    /// keep-alives, does not count. With `Duration::MAX` only peers that are gone are found.
    pub idle_timeout: Duration,
    /// How long a peer may take for an output buffer of replies, and for the end of the
    /// connection.
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
