//! The native protocol as a session.

use core::task::{Context, Poll};

use metric_proto::{Limits, Lost, ServerConnection, Store, Tally};

use crate::session::{Next, Progress, Session};

/// The native protocol: lines of requests, answered from a store.
#[derive(Clone, Debug)]
pub struct Lines<S, F> {
    server: ServerConnection,
    store: S,
    answered: F,
}

impl<S: Store, F: FnMut(Tally, &[u8])> Lines<S, F> {
    /// Creates a session with these bounds of requests over a store, or over a handle to one that
    /// others share. After each batch `answered` is called with the number of answers and with the
    /// bytes that they were for, which may begin within a line.
    pub const fn new(limits: Limits, store: S, answered: F) -> Self {
        Self { server: ServerConnection::new(limits), store, answered }
    }
}

impl<S: Store, F: FnMut(Tally, &[u8])> Session for Lines<S, F> {
    fn min_input(&self) -> usize {
        self.server.limits().min_input()
    }

    fn min_output(&self) -> usize {
        self.server.limits().min_output()
    }

    fn process(&mut self, input: &[u8], output: &mut [u8], filled: usize) -> Progress {
        let progress = self.server.process(&mut self.store, input, output, filled);
        (self.answered)(progress.tally, input.get(..progress.consumed).unwrap_or_default());
        let next = match progress.next {
            metric_proto::Next::Input => Next::Input,
            metric_proto::Next::Output => Next::Output,
            metric_proto::Next::Wait => Next::Wait,
            _ => Next::Close,
        };
        Progress { consumed: progress.consumed, filled: progress.filled, next }
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        if S::WAITS { self.store.poll_ready(context) } else { Poll::Ready(Ok(())) }
    }
}
