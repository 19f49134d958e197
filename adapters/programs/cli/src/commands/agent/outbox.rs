//! The queue that the collector and the sender share, and the stop flag.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use event_listener::Event;
use metric_smol::client::Answer;
use smol::future::or;

use super::queue::{Counts, Measurement, Queue};
use super::sleep;

/// A queue that one task fills and another empties, on the same thread.
#[derive(Debug)]
pub(super) struct Outbox {
    queue: RefCell<Queue>,
    stopping: Cell<bool>,
    changed: Event,
}

impl Outbox {
    pub(super) fn new(capacity: usize) -> Self {
        let queue = RefCell::new(Queue::new(capacity));
        Self { queue, stopping: Cell::new(false), changed: Event::new() }
    }

    pub(super) fn put(&self, round: impl IntoIterator<Item = Measurement>) {
        let mut queue = self.queue.borrow_mut();
        round.into_iter().for_each(|measurement| queue.put(measurement));
        self.changed.notify(usize::MAX);
    }

    /// Records a reply, as [`Queue::answer`] does.
    pub(super) fn answer(&self, number: u64, answer: Answer) {
        self.queue.borrow_mut().answer(number, answer);
    }

    /// Ends every wait.
    pub(super) fn stop(&self) {
        self.stopping.set(true);
        self.changed.notify(usize::MAX);
    }

    /// Waits for samples to send. Returns false if the outbox is stopped and empty.
    pub(super) async fn wait_for_samples(&self) -> bool {
        self.wait_until(|| self.is_stopping() || !self.queue.borrow().is_empty()).await;
        !self.queue.borrow().is_empty()
    }

    /// Waits for `time`, or until a stop. A pause that begins after the stop is not cut short, so
    /// that the last attempts are not a busy loop.
    pub(super) async fn pause(&self, time: Duration) {
        let before = self.is_stopping();
        or(self.wait_until(|| self.is_stopping() != before), sleep(time)).await;
    }

    /// Returns the samples to send next, as [`Queue::window`] does.
    pub(super) fn window(&self, limit: usize) -> (u64, Vec<Measurement>) {
        self.queue.borrow().window(limit)
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.stopping.get()
    }

    pub(super) fn counts(&self) -> Counts {
        self.queue.borrow().counts()
    }

    async fn wait_until(&self, condition: impl Fn() -> bool) {
        while !condition() {
            self.changed.listen().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use smol::future::{FutureExt, block_on, poll_once};

    use super::super::queue::tests::measurement;
    use super::*;

    /// Longer than any test may take.
    const FOREVER: Duration = Duration::from_secs(600);

    #[test]
    fn a_stop_ends_every_wait() {
        let outbox = Outbox::new(9);
        let (mut idle, mut pause) =
            (outbox.wait_for_samples().boxed_local(), outbox.pause(FOREVER).boxed_local());
        block_on(async {
            assert_eq!(poll_once(&mut idle).await, None);
            assert_eq!(poll_once(&mut pause).await, None);
            outbox.stop();
            assert_eq!(poll_once(idle).await, Some(false));
            assert_eq!(poll_once(pause).await, Some(()));
        });
    }

    #[test]
    fn a_pause_after_the_stop_is_not_cut_short() {
        let outbox = Outbox::new(9);
        outbox.stop();
        assert_eq!(block_on(poll_once(outbox.pause(FOREVER))), None);
    }

    #[test]
    fn samples_queued_at_the_stop_are_still_sent() {
        let outbox = Outbox::new(9);
        outbox.put([measurement(1)]);
        outbox.stop();
        assert!(block_on(outbox.wait_for_samples()));
        outbox.answer(0, Answer::Stored);
        assert!(!block_on(outbox.wait_for_samples()));
    }

    #[test]
    fn a_sample_ends_the_wait_for_samples_but_not_a_pause() {
        let outbox = Outbox::new(9);
        let (mut idle, mut pause) =
            (outbox.wait_for_samples().boxed_local(), outbox.pause(FOREVER).boxed_local());
        block_on(async {
            assert_eq!(poll_once(&mut idle).await, None);
            assert_eq!(poll_once(&mut pause).await, None);
            outbox.put([measurement(1)]);
            assert_eq!(poll_once(idle).await, Some(true));
            assert_eq!(poll_once(pause).await, None);
        });
    }
}
