//! The settings of workers.

use embassy_time::Duration;
use metric_proto::Limits;

/// The settings of workers.
///
/// The time-outs bound the time for which any peer can hold a worker, since a board has few of them
/// and nobody restarts it.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The limits of requests. A worker's input buffer has at least [`Limits::min_input`] bytes.
    pub limits: Limits,
    /// The TCP port; not 0.
    pub port: u16,
    /// The time within which a peer must finish a request. Single bytes and answers to keep-alives
    /// do not count. With `Duration::MAX`, only keep-alive detects dead peers.
    pub idle_timeout: Duration,
    /// The time within which a peer must read an output buffer of replies, and acknowledge the end
    /// of the connection.
    ///
    /// It is also the interval of keep-alives. A peer that does not answer them for three times as
    /// long is dead. For this purpose, more than a day counts as a day.
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
