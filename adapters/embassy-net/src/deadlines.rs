//! The deadlines of a connection and of its peer.

use core::cell::Cell;

use embassy_time::{Duration, Instant};

use crate::settings::Settings;

/// The deadline for the peer's next request, and the deadline for reading the current replies.
pub(crate) struct Deadlines<'a> {
    settings: &'a Settings,
    replied: Cell<Instant>,
    began: Cell<Instant>,
    accepted: Instant,
}

impl<'a> Deadlines<'a> {
    pub(crate) fn new(settings: &'a Settings) -> Self {
        let now = Instant::now();
        Self { settings, replied: Cell::new(now), began: Cell::new(now), accepted: now }
    }

    /// Starts the time for filling and sending an output buffer of replies.
    ///
    /// A partial write does not restart it, or a peer that reads a byte now and then could hold the
    /// worker for ever.
    pub(crate) fn begin(&self) {
        self.began.set(Instant::now());
    }

    /// Restarts the time for the next request. Called when part of a reply was sent, which means
    /// that the peer has finished a request.
    pub(crate) fn replied(&self) {
        self.replied.set(Instant::now());
    }

    /// Returns the deadline for the next request.
    pub(crate) fn idle(&self) -> Instant {
        self.end().min(self.replied.get().saturating_add(self.settings.idle_timeout))
    }

    /// Returns the deadline for sending the current output buffer.
    pub(crate) fn write(&self) -> Instant {
        self.end().min(self.began.get().saturating_add(self.settings.write_timeout))
    }

    /// Returns the deadline of the connection.
    fn end(&self) -> Instant {
        self.accepted.saturating_add(self.settings.connection_timeout)
    }
}

/// Returns the instant `duration` from now, saturating.
pub(crate) fn within(duration: Duration) -> Instant {
    Instant::now().saturating_add(duration)
}
