//! Until when the peer of a connection must have done what.

use core::cell::Cell;

use embassy_time::{Duration, Instant};

use crate::settings::Settings;

/// Until when the peer must have finished its next request, and until when it must have taken the
/// replies that are being sent.
pub(crate) struct Deadlines<'a> {
    settings: &'a Settings,
    replied: Cell<Instant>,
    began: Cell<Instant>,
}

impl<'a> Deadlines<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Self {
        let now = Instant::now();
        Self { settings, replied: Cell::new(now), began: Cell::new(now) }
    }

    /// An output buffer of replies is about to be filled and sent: the time for it begins.
    ///
    /// It is not renewed by what the peer takes of the buffer, or a peer that takes a byte now and
    /// then would have the worker for ever.
    pub(crate) fn begin(&self) {
        self.began.set(Instant::now());
    }

    /// Some of a reply was sent: the peer has finished a request, and the time for the next begins.
    pub(crate) fn replied(&self) {
        self.replied.set(Instant::now());
    }

    pub(crate) fn idle(&self) -> Instant {
        self.replied.get().saturating_add(self.settings.idle_timeout)
    }

    pub(crate) fn write(&self) -> Instant {
        self.began.get().saturating_add(self.settings.write_timeout)
    }
}

/// In so long from now, or at the end of time.
pub(crate) fn within(duration: Duration) -> Instant {
    Instant::now().saturating_add(duration)
}
