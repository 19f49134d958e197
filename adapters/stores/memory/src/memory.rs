//! How many bytes series take, and how many they may.

use std::sync::Mutex;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicBool, AtomicUsize};

/// The bytes of all series of a store. Threads see each other's changes sooner or later, so that the
/// bound may be passed by the growth of one series for each thread; the slack is wider than that.
#[derive(Debug)]
pub(crate) struct Memory {
    /// Above this, room is made.
    high: usize,
    /// Down to this.
    low: usize,
    used: AtomicUsize,
    /// Whether room was made, and most of it is still taken.
    full: AtomicBool,
    /// Whether no room could be made: every series is down to its last sample.
    stuck: AtomicBool,
    /// Held by the thread that makes room.
    pub(crate) making: Mutex<()>,
}

impl Memory {
    pub(crate) fn new(bound: usize) -> Self {
        Self {
            high: bound - bound / 32,
            low: bound - bound / 16,
            used: AtomicUsize::new(0),
            full: AtomicBool::new(false),
            stuck: AtomicBool::new(false),
            making: Mutex::new(()),
        }
    }

    pub(crate) fn used(&self) -> usize {
        self.used.load(Relaxed)
    }

    /// How many bytes there are to be after room was made.
    pub(crate) fn low(&self) -> usize {
        self.low
    }

    /// Whether room is to be made before anything is put.
    #[inline(always)]
    pub(crate) fn is_over(&self) -> bool {
        self.used() > self.high && !self.is_stuck()
    }

    /// Whether there is no room for a new series, nor for a sample older than what was dropped to
    /// make room: else a flood of keys would take all from the series that are there.
    pub(crate) fn is_full(&self) -> bool {
        self.full.load(Relaxed)
    }

    /// Whether a sample can have room only in place of another of its series.
    pub(crate) fn is_stuck(&self) -> bool {
        self.stuck.load(Relaxed)
    }

    pub(crate) fn grow(&self, bytes: usize) {
        self.used.fetch_add(bytes, Relaxed);
    }

    pub(crate) fn shrink(&self, bytes: usize) {
        let used = self.used.fetch_sub(bytes, Relaxed) - bytes;
        if used <= self.high {
            self.stuck.store(false, Relaxed);
        }
        if used < self.low / 4 * 3 {
            self.full.store(false, Relaxed);
        }
    }

    /// Counts what took `before` bytes and takes `after` now.
    pub(crate) fn change(&self, before: usize, after: usize) {
        match after.checked_sub(before) {
            Some(more) => self.grow(more),
            None => self.shrink(before - after),
        }
    }

    /// Says that room was made, as far as there was any.
    pub(crate) fn made_room(&self) {
        self.full.store(true, Relaxed);
        self.stuck.store(self.used() > self.high, Relaxed);
    }
}
