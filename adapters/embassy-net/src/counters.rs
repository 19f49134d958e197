//! Counters of a server's workers.

use core::cell::Cell;

use metric_proto::Tally;

use crate::connection::Broken;

/// The counters that workers share, since the board started.
///
/// All workers and readers are tasks of one executor on one thread, so the counters need no
/// atomics, which a Cortex-M0 does not have. They wrap around after 4,294,967,295. The store counts
/// refused and dropped samples.
#[derive(Debug, Default)]
pub struct Counters {
    connections: Cell<u32>,
    open: Cell<u32>,
    requests: Cell<u32>,
    wrong_commands: Cell<u32>,
    timeouts: Cell<u32>,
    broken: Cell<u32>,
}

impl Counters {
    /// Creates counters of 0.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            connections: Cell::new(0),
            open: Cell::new(0),
            requests: Cell::new(0),
            wrong_commands: Cell::new(0),
            timeouts: Cell::new(0),
            broken: Cell::new(0),
        }
    }

    /// Returns the number of accepted connections.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.connections.get()
    }

    /// Returns the number of workers that serve or close a connection.
    #[must_use]
    pub fn open(&self) -> u32 {
        self.open.get()
    }

    /// Returns the number of requests, including puts that the store refused.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.requests.get()
    }

    /// Returns the number of lines that were not a request.
    #[must_use]
    pub fn wrong_commands(&self) -> u32 {
        self.wrong_commands.get()
    }

    /// Returns the number of connections that were reset after a time-out.
    #[must_use]
    pub fn timeouts(&self) -> u32 {
        self.timeouts.get()
    }

    /// Returns the number of connections that the peer reset or whose peer was found dead.
    #[must_use]
    pub fn broken(&self) -> u32 {
        self.broken.get()
    }

    /// Counts a connection as open until the guard is dropped.
    pub(crate) fn accepted(&self) -> Open<'_> {
        add(&self.connections, 1);
        add(&self.open, 1);
        Open(self)
    }

    pub(crate) fn answered(&self, tally: Tally) {
        add(&self.requests, tally.requests);
        add(&self.wrong_commands, tally.wrong_commands);
    }

    /// Counts a connection that was not closed properly.
    pub(crate) fn broke(&self, broken: Broken) {
        let counter = match broken {
            Broken::TooSlow => &self.timeouts,
            Broken::ByPeer => &self.broken,
        };
        add(counter, 1);
    }
}

/// A guard of an open connection. Dropping it, also with the worker's future, counts it as closed.
pub(crate) struct Open<'a>(&'a Counters);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let open = &self.0.open;
        open.set(open.get().wrapping_sub(1));
    }
}

fn add(counter: &Cell<u32>, count: u32) {
    counter.set(counter.get().wrapping_add(count));
}
