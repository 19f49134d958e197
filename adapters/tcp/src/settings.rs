//! How a server behaves.

use std::time::Duration;

use metric_proto::Limits;

/// How a server behaves. The default is what the programs do without options.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Settings {
    /// The bounds of requests. The buffers take lines of up to 32,766 bytes.
    pub limits: Limits,
    /// How many connections are served at once; more wait until one ends.
    pub max_connections: usize,
    /// How long a peer may send nothing, or take nothing of its replies. Without it only peers that
    /// are dead are found, by TCP keep-alive.
    pub idle_timeout: Option<Duration>,
    /// How long a server that stops waits for peers to take their replies.
    pub grace: Duration,
    /// How many threads serve connections.
    pub threads: usize,
}

impl Settings {
    /// The default, but for the bounds of requests.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            max_connections: 10_000,
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
