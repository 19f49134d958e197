//! Reading for connections: what the system has not in memory is read on a thread of its own.

use std::collections::VecDeque;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use metric_memory::Unread;
use metric_proto::Sample;

use crate::run::Stored;

/// Runs to be read, in the order in which they were asked for: one for each connection at most.
#[derive(Debug, Default)]
pub(crate) struct Fetches {
    queue: Mutex<VecDeque<Arc<Fetch>>>,
    asked: Condvar,
    stopped: AtomicBool,
}

/// A run to be read.
#[derive(Debug)]
pub(crate) struct Fetch {
    pub(crate) stored: Stored,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    result: Option<Result<Vec<Sample>, Unread>>,
    waker: Option<Waker>,
}

impl Fetches {
    /// Asks for a run.
    pub(crate) fn ask(&self, stored: Stored) -> Arc<Fetch> {
        let fetch = Arc::new(Fetch { stored, state: Mutex::default() });
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).push_back(Arc::clone(&fetch));
        self.asked.notify_one();
        fetch
    }

    /// Lets nobody wait any more.
    pub(crate) fn stop(&self) {
        self.stopped.store(true, Relaxed);
        let _queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        self.asked.notify_all();
    }

    /// Reads a run that was asked for, waiting up to a time for that. Returns whether there was any.
    pub(crate) fn serve(
        &self,
        read: impl FnOnce(&Stored) -> Result<Vec<Sample>, Unread>,
        time: Duration,
    ) -> bool {
        let queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        let stopped = || self.stopped.load(Relaxed);
        let waits = |queue: &mut VecDeque<_>| queue.is_empty() && !stopped();
        let waited = self.asked.wait_timeout_while(queue, time, waits);
        let (mut queue, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let Some(fetch) = queue.pop_front() else { return false };
        drop(queue);
        // A connection that has ended wants nothing any more.
        if Arc::strong_count(&fetch) > 1 {
            fetch.finish(read(&fetch.stored));
        }
        true
    }
}

impl Fetch {
    fn finish(&self, result: Result<Vec<Sample>, Unread>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.result = Some(result);
        let waker = state.waker.take();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    /// Waits for the samples.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<Result<Vec<Sample>, Unread>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match state.result.take() {
            Some(result) => Poll::Ready(result),
            None => {
                state.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    }
}
