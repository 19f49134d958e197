//! What a program is made of: a runtime that serves, and the protocols that it serves.

use std::io;
use std::net::TcpListener;

use metric_driver::Session;
use metric_proto::{Limits, Store};
use metric_tcp::{ServerHandle, Settings, Share, lines};

/// A runtime, as a program sees it.
pub trait Serve {
    /// Serves listeners, each with its protocol, until `handle` says to stop. `session` makes the
    /// session of each connection, from the protocol of its listener.
    ///
    /// # Errors
    ///
    /// If a listener cannot be registered with the system, or a thread does not start.
    fn serve<T: Session + Send + 'static>(
        self,
        listeners: Vec<(TcpListener, Protocol)>,
        session: impl Fn(Protocol, Share) -> T + Clone + Send,
        settings: &Settings,
        handle: &ServerHandle,
    ) -> io::Result<()>;
}

/// What a listener's connections speak.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The protocol of `PROTOCOL.md`.
    Native,
}

impl Protocol {
    /// Returns the session of a new connection over a handle of the store.
    pub(crate) fn session<S: Store + Send>(
        self,
        limits: Limits,
        store: S,
        share: Share,
    ) -> impl Session + Send + use<S> {
        match self {
            Self::Native => lines(limits, store, share),
        }
    }
}
