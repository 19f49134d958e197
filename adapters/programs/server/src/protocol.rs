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

/// A session of one of these protocols. `N` is one of the native protocol.
pub(crate) enum Spoken<N, S> {
    Native(Detect<N>),
    Graphite(LineSession<S, GraphiteLines>),
    Pickle(PickleSession<S>),
    OpenTsdb(LineSession<S, OpenTsdbLines>),
}

impl<N, S> Spoken<N, S> {
    /// Returns what a connection speaks that was handed over.
    pub(crate) fn speaks(&self) -> Speaks {
        match self {
            Self::Native(session) => session.speaks(),
            _ => Speaks::Native,
        }
    }
}

/// Calls a method of the session.
macro_rules! each {
    ($spoken:expr, $session:ident => $call:expr) => {
        match $spoken {
            Spoken::Native($session) => $call,
            Spoken::Graphite($session) => $call,
            Spoken::Pickle($session) => $call,
            Spoken::OpenTsdb($session) => $call,
        }
    };
}

#[deny(clippy::missing_trait_methods)]
impl<N: Session, S: Store> Session for Spoken<N, S> {
    fn min_input(&self) -> usize {
        each!(self, session => session.min_input())
    }

    fn min_output(&self) -> usize {
        each!(self, session => session.min_output())
    }

    fn process(&mut self, input: &[u8], output: &mut [u8], filled: usize) -> Progress {
        each!(self, session => session.process(input, output, filled))
    }

    fn turn(&self) -> usize {
        each!(self, session => session.turn())
    }

    fn end_input(&mut self) {
        each!(self, session => session.end_input());
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        each!(self, session => session.poll_ready(context))
    }
}
