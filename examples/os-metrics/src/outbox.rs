//! The queue as the threads share it, and the word that it is time to stop.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::queue::{Answer, Counts, Measurement, Queue};

/// A queue that one thread fills and another empties. Its lock is held for moments only.
#[derive(Debug)]
pub(crate) struct Outbox {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    queue: Queue,
    stopping: bool,
}

impl Outbox {
    pub(crate) fn new(capacity: usize) -> Self {
        let state = State { queue: Queue::new(capacity), stopping: false };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// Adds a round; after a stop there is nobody to send it any more, and it is not counted.
    pub(crate) fn put(&self, round: impl IntoIterator<Item = Measurement>) {
        let mut state = self.lock();
        if !state.stopping {
            round.into_iter().for_each(|measurement| state.queue.put(measurement));
            self.changed.notify_all();
        }
    }

    /// Takes note of an answer, as [`Queue::answer`].
    pub(crate) fn answer(&self, number: u64, answer: Answer) {
        self.lock().queue.answer(number, answer);
    }

    /// Ends every wait.
    pub(crate) fn stop(&self) {
        self.lock().stopping = true;
        self.changed.notify_all();
    }

    /// Waits until there is something to send; `false` means that there will be no more.
    pub(crate) fn wait_for_samples(&self) -> bool {
        let idle = |state: &mut State| state.queue.is_empty() && !state.stopping;
        let state = self.changed.wait_while(self.lock(), idle);
        !state.unwrap_or_else(PoisonError::into_inner).queue.is_empty()
    }

    /// Waits so long, or until the stop if that comes first; says whether it has come by then.
    pub(crate) fn wait_for_stop(&self, time: Duration) -> bool {
        self.wait(time, |state| !state.stopping)
    }

    /// Waits so long, less if a stop comes meanwhile: what was worth a pause is worth one more try
    /// then, but still no busy loop.
    pub(crate) fn pause(&self, time: Duration) {
        let before = self.is_stopping();
        self.wait(time, |state| state.stopping == before);
    }

    /// What is to be sent next, as [`Queue::window`].
    pub(crate) fn window(&self, limit: usize) -> (u64, Vec<Measurement>) {
        self.lock().queue.window(limit)
    }

    pub(crate) fn is_stopping(&self) -> bool {
        self.lock().stopping
    }

    pub(crate) fn counts(&self) -> Counts {
        self.lock().queue.counts()
    }

    fn wait(&self, time: Duration, condition: impl Fn(&State) -> bool) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), time, |state| condition(state));
        waited.unwrap_or_else(PoisonError::into_inner).0.stopping
    }

    /// The state is whole at every point where a thread could have panicked.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::queue::tests::measurement;

    /// Longer than any test may take: waits that end by it have failed.
    const FOREVER: Duration = Duration::from_secs(600);

    #[test]
    fn a_stop_ends_every_wait() {
        let outbox = Outbox::new(9);
        thread::scope(|scope| {
            let sender = scope.spawn(|| outbox.wait_for_samples());
            let collector = scope.spawn(|| outbox.wait_for_stop(FOREVER));
            outbox.stop();
            assert!(!sender.join().unwrap());
            assert!(collector.join().unwrap());
        });
    }

    #[test]
    fn what_is_queued_at_the_stop_is_still_to_be_sent() {
        let outbox = Outbox::new(9);
        outbox.put([measurement(1)]);
        outbox.stop();
        outbox.put([measurement(2)]);
        assert!(outbox.wait_for_samples());
        assert_eq!(outbox.window(9), (0, vec![measurement(1)]));
        outbox.answer(0, Answer::Stored);
        assert!(!outbox.wait_for_samples());
    }
}
