//! The settings of the HTTP side.

use metric_proto::Limits;
use metric_query::{Budget, TimeUnit};

/// The settings of the HTTP side of a server.
#[non_exhaustive]
#[derive(Clone, Debug)]
pub struct Settings {
    /// The name and version of the program, which `/v1/info` tells.
    pub program: (&'static str, &'static str),
    /// The maximum number of connections that HTTP requests keep. More are refused.
    pub max_connections: usize,
    /// Names by which browsers may call the server, besides its addresses and `localhost`.
    pub hosts: Vec<String>,
    /// Other sites whose pages may use the API, such as `https://palm.example`.
    pub origins: Vec<String>,
    /// Whether series may be deleted.
    pub allow_delete: bool,
    /// Whether the port of HTTP speaks the native protocol, too.
    pub native: bool,
    /// The bounds of keys.
    pub limits: Limits,
    /// How much one query may read and write.
    pub budget: Budget,
    /// The unit of timestamps.
    pub unit: TimeUnit,
}

impl Settings {
    /// Creates default settings for a program.
    #[must_use]
    pub const fn new(name: &'static str, version: &'static str) -> Self {
        Self {
            program: (name, version),
            max_connections: 256,
            hosts: Vec::new(),
            origins: Vec::new(),
            allow_delete: false,
            native: false,
            limits: Limits::DESKTOP,
            budget: Budget::DESKTOP,
            unit: TimeUnit::Seconds,
        }
    }
}
