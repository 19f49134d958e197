//! Which parts fail, and since when.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use crate::layout::PARTS;

/// Since when a part fails.
#[derive(Clone, Copy, Debug)]
struct Down {
    since: Instant,
    /// The last failure. If nobody has asked for long since, it may have worked meanwhile.
    last: Instant,
}

/// What is known of all parts.
#[derive(Debug)]
pub(crate) struct Downs(Vec<Mutex<Option<Down>>>);

impl Downs {
    pub(crate) fn new() -> Self {
        Self((0..PARTS).map(|_| Mutex::default()).collect())
    }

    fn of(&self, part: usize) -> MutexGuard<'_, Option<Down>> {
        self.0[part].lock().expect("no holder panics")
    }

    pub(crate) fn is_down(&self, part: usize) -> bool {
        self.of(part).is_some()
    }

    /// Returns whether a part has failed for so long.
    pub(crate) fn is_down_for(&self, part: usize, time: Duration, now: Instant) -> bool {
        self.of(part).is_some_and(|down| now - down.since >= time)
    }

    /// Notes that a part fails: since now, if nobody has found it so within `patience`.
    pub(crate) fn fails(&self, part: usize, patience: Duration, now: Instant) {
        let mut down = self.of(part);
        let since = down.filter(|down| now - down.last < patience).map_or(now, |down| down.since);
        *down = Some(Down { since, last: now });
    }

    pub(crate) fn works(&self, part: usize) {
        *self.of(part) = None;
    }
}
