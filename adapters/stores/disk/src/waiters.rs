//! Those who wait for the log: for its sync, for room in it, and for others to share a write.

use std::mem::take;
use std::task::Waker;

/// Connections that wait for the log.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    /// With the position of the log that each wants synced.
    syncing: Vec<(u64, Waker)>,
    blocked: Vec<Waker>,
    /// How many commits need not be shared, since nobody joined the last one.
    unshared: u8,
}

/// A lone connection tries to share one commit of so many.
const UNSHARED: u8 = 32;

impl Waiters {
    /// Wakes `waker` when the log is synced up to a position. Returns whether nobody else waits, so
    /// that the syncer must be told.
    pub(crate) fn await_sync(&mut self, position: u64, waker: &Waker) -> bool {
        self.syncing.push((position, waker.clone()));
        self.syncing.len() == 1
    }

    /// Wakes `waker` when there may be room.
    pub(crate) fn await_room(&mut self, waker: &Waker) {
        self.blocked.push(waker.clone());
    }

    /// Returns whether any wait for a sync.
    pub(crate) fn want_sync(&self) -> bool {
        !self.syncing.is_empty()
    }

    /// Wakes those who wait for a sync up to a position.
    pub(crate) fn wake_synced(&mut self, position: u64) {
        let synced = self.syncing.extract_if(.., |(wanted, _)| *wanted <= position);
        synced.for_each(|(_, waker)| waker.wake());
    }

    pub(crate) fn wake_blocked(&mut self) {
        take(&mut self.blocked).into_iter().for_each(Waker::wake);
    }

    /// Returns whether a commit should let others join it.
    pub(crate) fn may_share(&mut self) -> bool {
        let may_share = self.unshared == 0;
        self.unshared = self.unshared.saturating_sub(1);
        may_share
    }

    /// Notes that nobody joined a commit.
    pub(crate) fn note_unshared(&mut self) {
        self.unshared = UNSHARED;
    }
}
