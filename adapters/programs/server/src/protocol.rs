//! The protocols of a program's listeners.

use std::task::{Context, Poll};

use metric_driver::{Progress, Session};
use metric_graphite::{GraphiteLines, LineSession, OpenTsdbLines, PickleSession};
use metric_proto::{Lost, Store};
use metric_tcp::{Detect, Speaks};

/// The protocol of a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// The native protocol, HTTP, or both.
    Native(Speaks),
    /// Lines of Graphite.
    Graphite,
    /// Pickles of Graphite.
    Pickle,
    /// Lines of OpenTSDB.
    OpenTsdb,
}

/// Other protocols are bounded as the native one.
impl metric_tcp::Protocol for Protocol {
    fn is_exempt(self) -> bool {
        matches!(self, Self::Native(speaks) if speaks.is_exempt())
    }
}

impl Protocol {
    /// Returns the option that gives such listeners their place.
    pub(crate) fn option(self) -> &'static str {
        match self {
            Self::Native(Speaks::Http) => "--http",
            Self::Native(_) => "--listen",
            Self::Graphite => "--graphite",
            Self::Pickle => "--graphite-pickle",
            Self::OpenTsdb => "--opentsdb",
        }
    }
}

/// A session of one of these protocols.
pub(crate) trait Speaking: Session + Send {
    /// Returns what a connection speaks that was handed over.
    fn speaks(&self) -> Speaks {
        Speaks::Native
    }

    /// Goes on with a connection that was handed over, but does not speak HTTP.
    fn speak_native(&mut self) {}
}

impl<N: Session + Send> Speaking for Detect<N> {
    fn speaks(&self) -> Speaks {
        self.speaks()
    }

    fn speak_native(&mut self) {
        self.speak_native();
    }
}

impl<S: Store + Send> Speaking for LineSession<S, GraphiteLines> {}
impl<S: Store + Send> Speaking for LineSession<S, OpenTsdbLines> {}
impl<S: Store + Send> Speaking for PickleSession<S> {}

/// The session of a connection. A session is compiled for each store, and what surrounds it once: for
/// a batch of requests there is one call from here to there.
pub(crate) struct Spoken(pub(crate) Box<dyn Speaking>);

#[deny(clippy::missing_trait_methods)]
impl Session for Spoken {
    fn min_input(&self) -> usize {
        self.0.min_input()
    }

    fn min_output(&self) -> usize {
        self.0.min_output()
    }

    fn process(&mut self, input: &[u8], output: &mut [u8], filled: usize) -> Progress {
        self.0.process(input, output, filled)
    }

    fn turn(&self) -> usize {
        self.0.turn()
    }

    fn end_input(&mut self) {
        self.0.end_input();
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        self.0.poll_ready(context)
    }
}
