//! The messages for the user, in lines on standard error.

use std::cell::Cell;
use std::fmt::Display;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use smol::{Task, unblock};

use super::keys::Metric;
use super::outbox::Outbox;
use super::queue::Counts;
use super::sender::Notice;
use super::sleep;
use crate::output::progress::say;

/// The time between two reports of losses.
const PERIOD: Duration = Duration::from_secs(10);

/// The largest number of lines that wait to be printed. Further ones are dropped.
const LINES: usize = 64;

/// A printer of messages about one server and the samples for it.
///
/// A thread of the pool prints, so that a reader that does not read blocks nothing else. A terminal
/// stopped by Ctrl-S is one.
pub(super) struct Report<'a> {
    server: &'a str,
    outbox: &'a Outbox,
    lines: SyncSender<String>,
    told_left_out: Cell<bool>,
}

impl<'a> Report<'a> {
    /// Creates a report, and the task that prints it. The task ends when the report is dropped and
    /// all lines are printed.
    pub(super) fn new(server: &'a str, outbox: &'a Outbox) -> (Self, Task<()>) {
        let (lines, printed) = sync_channel(LINES);
        let told_left_out = Cell::new(false);
        (
            Self { server, outbox, lines, told_left_out },
            unblock(move || printed.iter().for_each(|line: String| say(&line))),
        )
    }

    pub(super) fn say(&self, line: impl Display) {
        let _ = self.lines.try_send(line.to_string());
    }

    /// Reports the losses since the last report, every [`PERIOD`].
    pub(super) async fn say_losses(&self) {
        let mut told = Counts::default();
        loop {
            sleep(PERIOD).await;
            let counts = self.outbox.counts();
            self.say_losses_since(told, counts);
            told = counts;
        }
    }

    fn say_losses_since(&self, told: Counts, counts: Counts) {
        let dropped = counts.dropped.saturating_sub(told.dropped);
        if dropped > 0 {
            self.say(format_args!("the queue is full; oldest samples dropped: {dropped}"));
        }
        let refused = counts.refused.saturating_sub(told.refused);
        if refused > 0 {
            self.say(format_args!("samples refused by the server: {refused}"));
        }
    }

    /// Reports the first metric without a key. There may be more in each round.
    pub(super) fn say_left_out(&self, metric: &Metric) {
        if !self.told_left_out.replace(true) {
            self.say(format_args!(
                "{metric} is left out: its name is too long, or there are too many of its kind; \
                 further ones are left out without a message"
            ));
        }
    }

    pub(super) fn say_notice(&self, notice: &Notice) {
        let (server, queued) = (self.server, self.outbox.counts().queued);
        match notice {
            Notice::Unreachable(failure) => self.say(format_args!("{failure}; trying again")),
            Notice::Connected => self.say(format_args!("connected to {server}; queued: {queued}")),
            Notice::Lost(error) => {
                self.say(format_args!("lost the connection to {server}: {error}"));
            }
        }
    }

    pub(super) fn say_end(&self) {
        let Counts { sent, refused, dropped, queued } = self.outbox.counts();
        self.say(format_args!(
            "stopped; samples sent: {sent}, refused: {refused}, dropped: {dropped}, \
             left unsent: {queued}"
        ));
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::ffi::OsStr;

    use super::*;

    /// Returns the lines that `tell` prints.
    pub(crate) fn lines(tell: impl FnOnce(&Report)) -> Vec<String> {
        let outbox = Outbox::new(1);
        let (lines, printed) = sync_channel(LINES);
        let told_left_out = Cell::new(false);
        tell(&Report { server: "server", outbox: &outbox, lines, told_left_out });
        printed.iter().collect()
    }

    #[test]
    fn a_loss_is_reported_once() {
        let told = |dropped, refused| Counts { dropped, refused, ..Counts::default() };
        let lines = lines(|report| {
            report.say_losses_since(told(0, 0), told(3, 0));
            report.say_losses_since(told(3, 0), told(3, 0));
            // A dropped sample has arrived after all.
            report.say_losses_since(told(3, 0), told(2, 0));
            report.say_losses_since(told(2, 1), told(2, 5));
        });
        let expected =
            ["the queue is full; oldest samples dropped: 3", "samples refused by the server: 4"];
        assert_eq!(lines, expected);
    }

    #[test]
    fn only_the_first_metric_that_is_left_out_is_reported() {
        let lines = lines(|report| {
            for name in ["veth1", "veth2", "veth1"] {
                report.say_left_out(&Metric::of_device("network_usage", OsStr::new(name)));
            }
        });
        assert_eq!(lines.len(), 1);
        assert!(lines[0].starts_with("network_usage.veth1 is left out: "), "{lines:?}");
    }

    #[test]
    fn unread_lines_are_bounded() {
        let lines = lines(|report| (0..=LINES).for_each(|number| report.say(number)));
        assert_eq!(lines.len(), LINES);
    }
}
