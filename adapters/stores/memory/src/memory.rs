//! The bytes that series take, and the bound on them.

use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};

/// The bytes of all series of a store.
///
/// Room is made a little before the bound is reached, since other threads put while one makes room.
#[derive(Debug)]
pub(crate) struct Memory {
    /// Above this, room is made, if series can do with less.
    high: usize,
    /// The bytes that series may take after room was made.
    low: usize,
    /// Up to this, new series are taken after room was made.
    roomy: usize,
    used: AtomicUsize,
    /// Above this, room is made: `high`, or more while series cannot do with less.
    limit: AtomicUsize,
    /// Whether room was made, and new series are refused.
    full: AtomicBool,
    /// Whether no room could be made, since no series has samples to spare.
    stuck: AtomicBool,
    /// Held by the thread that makes room.
    pub(crate) making: Mutex<()>,
}

impl Memory {
    /// New series may take so many quarters of the bound.
    pub(crate) fn new(bound: usize, used: usize, quarters: usize) -> Self {
        let (high, low) = (bound - bound / 32, bound - bound / 16);
        Self {
            high,
            low,
            roomy: low / 4 * quarters,
            used: AtomicUsize::new(used),
            limit: AtomicUsize::new(high),
            full: AtomicBool::new(false),
            stuck: AtomicBool::new(false),
            making: Mutex::new(()),
        }
    }

    pub(crate) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    pub(crate) fn low(&self) -> usize {
        self.low
    }

    /// Above this, making room was in vain.
    fn middle(&self) -> usize {
        self.low + (self.high - self.low) / 2
    }

    /// Returns whether room must be made before anything is put.
    #[inline(always)]
    pub(crate) fn is_over(&self) -> bool {
        self.used() > self.limit.load(Relaxed) && !self.stuck.load(Relaxed)
    }

    /// Returns whether new series are refused, and samples older than what was dropped to make room.
    /// Otherwise a flood of keys would take everything from the existing series.
    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Relaxed)
    }

    /// Returns whether a new sample must replace another of its series.
    pub(crate) fn is_stuck(&self) -> bool {
        self.stuck.load(Relaxed) && self.used() > self.middle()
    }

    pub(crate) fn grow(&self, bytes: usize) {
        self.used.fetch_add(bytes, Relaxed);
    }

    pub(crate) fn shrink(&self, bytes: usize) {
        let used = self.used.fetch_sub(bytes, Relaxed) - bytes;
        if used <= self.middle() {
            self.stuck.store(false, Relaxed);
        }
        if used < self.roomy {
            self.full.store(false, Relaxed);
        }
        let limit = self.limit_at(used);
        if limit < self.limit.load(Relaxed) {
            self.limit.store(limit, Relaxed);
        }
    }

    /// Records that something took `before` bytes and takes `after` now.
    pub(crate) fn change(&self, before: usize, after: usize) {
        match after.checked_sub(before) {
            Some(more) => self.grow(more),
            None => self.shrink(before - after),
        }
    }

    /// Returns whether only existing series may take more until samples are moved elsewhere.
    pub(crate) fn is_crowded(&self) -> bool {
        self.used() > self.roomy
    }

    /// Records that all that can be was moved elsewhere; returns whether that was enough. If not,
    /// existing series still go on: they get a little more until samples are moved again.
    pub(crate) fn moved(&self) -> bool {
        let used = self.used();
        self.full.store(used > self.roomy, Relaxed);
        self.limit.store(self.limit_at(used), Relaxed);
        used <= self.high
    }

    /// The limit if the series can do with so many bytes, but not with less.
    fn limit_at(&self, used: usize) -> usize {
        self.high.max(used.saturating_add((self.high - self.roomy) / 4))
    }

    /// Records that room was made, as far as series had samples to spare.
    pub(crate) fn made_room(&self) {
        self.full.store(true, Relaxed);
        self.stuck.store(self.used() > self.middle(), Relaxed);
    }
}
