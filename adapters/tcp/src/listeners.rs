//! Several listeners as one.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Accepts from whichever listener has a connection, and in turns if several have.
pub(crate) struct Listeners<'a, L, A, F> {
    accept: A,
    /// The listeners, each with the future of its next connection.
    waiting: Vec<(&'a L, Pin<Box<F>>)>,
    /// The listener to poll first.
    first: usize,
}

impl<'a, L, A: Fn(&'a L) -> F, F: Future> Listeners<'a, L, A, F> {
    pub(crate) fn new(listeners: &'a [L], accept: A) -> Self {
        let wait = |listener| (listener, Box::pin(accept(listener)));
        let waiting = listeners.iter().map(wait).collect();
        Self { accept, waiting, first: 0 }
    }

    /// Returns the next result of accepting. Dropping the future loses no connection.
    pub(crate) async fn next(&mut self) -> F::Output {
        poll_fn(|context| self.poll_next(context)).await
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<F::Output> {
        let (before, after) = self.waiting.split_at_mut(self.first);
        for (steps, (listener, accepted)) in after.iter_mut().chain(before).enumerate() {
            if let Poll::Ready(accepted_now) = accepted.as_mut().poll(context) {
                accepted.set((self.accept)(listener));
                self.first = (self.first + steps + 1) % self.waiting.len();
                return Poll::Ready(accepted_now);
            }
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::pending;

    use futures_lite::future::{block_on, poll_once};

    use super::*;

    #[test]
    fn listeners_have_turns_and_one_that_has_nobody_keeps_no_other_waiting() {
        let left = [("a", Cell::new(3)), ("b", Cell::new(0)), ("c", Cell::new(2))];
        let accept = async |(name, left): &(&'static str, Cell<u32>)| match left.get() {
            0 => pending().await,
            count => {
                left.set(count - 1);
                *name
            }
        };
        let mut listeners = Listeners::new(&left, accept);
        let mut names = Vec::new();
        while let Some(name) = block_on(poll_once(listeners.next())) {
            names.push(name);
        }
        assert_eq!(names, ["a", "c", "a", "c", "a"]);
    }
}
