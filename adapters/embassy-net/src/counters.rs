//! What the workers of a server did, counted.

use core::cell::Cell;

use metric_proto::Tally;

use crate::connection::Broken;

/// What the workers that share it did since the board started.
///
/// All workers and whoever reads it run in one thread, as tasks of one executor: there are no
/// atomics, which a Cortex-M0 does not have. The counts wrap around after 4,294,967,295. What was
/// refused or dropped is counted by the store.
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
    /// Counters that stand at 0.
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

    /// Connections that were accepted.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.connections.get()
    }

    /// Workers that are busy with a connection, or with its end.
    #[must_use]
    pub fn open(&self) -> u32 {
        self.open.get()
    }

    /// Requests, among them the puts that the store refused.
    #[must_use]
    pub fn requests(&self) -> u32 {
        self.requests.get()
    }

    /// Lines that were no request.
    #[must_use]
    pub fn wrong_commands(&self) -> u32 {
        self.wrong_commands.get()
    }

    /// Connections that were cut because the peer took too long.
    #[must_use]
    pub fn timeouts(&self) -> u32 {
        self.timeouts.get()
    }

    /// Connections that the peer reset, or whose peer gave no sign of life any more.
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

    /// Counts a connection that the peer did not end in the proper way.
    pub(crate) fn broke(&self, broken: Broken) {
        let counter = match broken {
            Broken::TooSlow => &self.timeouts,
            Broken::ByPeer => &self.broken,
        };
        add(counter, 1);
    }
}

/// A connection that is open; ends with the worker's future, too, if that is dropped.
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
