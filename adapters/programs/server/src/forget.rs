//! Forgetting series that get nothing any more, where the store does not do so itself.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use crate::kept::Kept;

/// Forgets silent series now and then.
pub(crate) struct Forgetting {
    silence: Option<Duration>,
    began: Instant,
    looked: u32,
    /// How many series were forgotten.
    forgotten: Arc<AtomicU64>,
}

/// The longest time between two looks, in seconds.
const PERIOD: u32 = 60;

impl Forgetting {
    /// Forgets after a silence, or never, and counts in `forgotten`.
    pub(crate) fn new(silence: Option<Duration>, forgotten: Arc<AtomicU64>) -> Self {
        Self { silence, began: Instant::now(), looked: 0, forgotten }
    }

    /// Has the store forget, unless it did a short time ago.
    pub(crate) fn look(&mut self, store: &Kept) {
        let Some(silence) = self.silence.map(|silence| silence.as_secs() as u32) else { return };
        let now = self.began.elapsed().as_secs() as u32;
        if now - self.looked >= (silence / 8).clamp(1, PERIOD) {
            self.looked = now;
            let forgotten = store.forget_silent(now, now.saturating_sub(silence));
            self.forgotten.fetch_add(forgotten as u64, Relaxed);
        }
    }
}
