//! What the user is told, in lines on standard error.

use std::fmt::Display;
use std::io::{self, Write};

use crate::outbox::Outbox;
use crate::queue::Counts;
use crate::sender::Notice;

/// Prints a line. Unlike `eprintln!` it does not mind if nobody reads it any more.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Tells of one server and of the samples for it.
pub(crate) struct Report<'a> {
    server: &'a str,
    outbox: &'a Outbox,
    /// What has been told of.
    told: Counts,
}

impl<'a> Report<'a> {
    pub(crate) fn new(server: &'a str, outbox: &'a Outbox) -> Self {
        Self { server, outbox, told: Counts::default() }
    }

    /// Tells of what was lost since the last time.
    pub(crate) fn say_losses(&mut self) {
        let counts = self.outbox.counts();
        let dropped = counts.dropped.saturating_sub(self.told.dropped);
        if dropped > 0 {
            say(format_args!("the queue is full: dropped its oldest samples ({dropped})"));
        }
        let refused = counts.refused.saturating_sub(self.told.refused);
        if refused > 0 {
            say(format_args!("the server refused samples ({refused})"));
        }
        self.told = counts;
    }

    pub(crate) fn say_end(&self) {
        let Counts { sent, refused, dropped, queued } = self.outbox.counts();
        say(format_args!(
            "stopped; samples sent: {sent}, refused: {refused}, dropped: {dropped}, \
             left unsent: {queued}"
        ));
    }

    pub(crate) fn say_notice(&self, notice: &Notice) {
        let (server, queued) = (self.server, self.outbox.counts().queued);
        match notice {
            Notice::Unreachable(error) => {
                say(format_args!("cannot connect to {server}, trying again: {error}"));
            }
            Notice::Connected => say(format_args!("connected to {server}; queued: {queued}")),
            Notice::Lost(error) => say(format_args!("lost the connection to {server}: {error}")),
        }
    }
}
