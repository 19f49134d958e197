//! The settings of a server.

use std::time::Duration;

use metric_proto::Limits;

/// The settings of a server. The default is that of the programs without options.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Settings {
    /// The bounds of requests. The buffers take lines of up to 32,766 bytes.
    pub limits: Limits,
    /// The maximum number of connections served at once. More wait until one ends.
    pub max_connections: usize,
    /// The same for connections of a [`Protocol`](crate::Protocol) that is exempt from it.
    pub max_exempt: usize,
    /// How long a peer may send nothing, or read none of its pending replies. If `None`, only TCP
    /// keep-alive detects dead peers.
    pub idle_timeout: Option<Duration>,
    /// How long a server that stops waits for peers to read their replies.
    pub grace: Duration,
    /// The number of threads that serve connections.
    pub threads: usize,
}

impl Settings {
    /// Creates default settings with the given bounds of requests.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            max_connections: 10_000,
            max_exempt: 512,
            idle_timeout: None,
            grace: Duration::from_secs(5),
            threads: 1,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self::new(Limits::DESKTOP)
    }
}
