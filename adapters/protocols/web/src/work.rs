//! The work of a query: in turns with others, and bounded in time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metric_query::Next;

use crate::failure::Failure;
use crate::web::{Backend, Web};

/// How long a query may work.
const LONGEST: Duration = Duration::from_secs(30);

/// How long a turn lasts at least. It ends with the step in which this time is over, so steps should be
/// short: what puts wait for is the sum.
const TURN: Duration = Duration::from_micros(40);

/// A query at work over a store. It works from one wait of its own to the next; neither these waits nor
/// those for its peer count. So its first turn is one that it has waited for, too: else many queries that begin
/// together would work one after the other, and puts would wait for all.
#[derive(Debug)]
pub struct Work<B: Backend> {
    web: Arc<Web<B>>,
    store: B::Store,
    clock: Clock,
}

impl<B: Backend> Work<B> {
    /// Begins to work.
    #[must_use]
    pub fn new(web: &Arc<Web<B>>) -> Self {
        Self { web: Arc::clone(web), store: web.backend().store(), clock: Clock::default() }
    }

    /// Returns the store.
    pub fn store(&mut self) -> &mut B::Store {
        &mut self.store
    }

    /// Lets others have their turns, unless this query's has just begun. To be called after each step of some
    /// 20 us.
    ///
    /// # Errors
    ///
    /// If the query has worked for 30 s.
    pub async fn turn(&mut self) -> Result<(), Failure> {
        if self.clock.has_just_begun() {
            return Ok(());
        }
        self.clock.stop();
        if self.clock.spent > LONGEST {
            return Err(self.web.failed(Failure::TooSlow));
        }
        self.web.turn(|| ()).await;
        self.clock.start();
        Ok(())
    }

    /// Waits for a store that waits, as [`Web::ready`].
    ///
    /// # Errors
    ///
    /// If the store cannot tell.
    pub async fn ready(&mut self) -> Result<(), Failure> {
        self.clock.stop();
        self.web.ready(&mut self.store).await?;
        self.clock.start();
        Ok(())
    }

    /// Handles how a turn of a producer or a search has ended. Returns whether it was the last one.
    ///
    /// # Errors
    ///
    /// If there is no more to come, though something is missing.
    pub async fn goes_on(&mut self, next: Next) -> Result<bool, Failure> {
        match next {
            Next::Done => Ok(true),
            Next::More => Ok(false),
            Next::Wait => self.ready().await.map(|()| false),
            Next::Exceeded(exceeded) => Err(self.web.failed(Failure::Exceeded(exceeded))),
            _ => Err(self.web.failed(Failure::Unavailable)),
        }
    }

    /// Stops to work until the next turn.
    pub fn pause(&mut self) {
        self.clock.stop();
    }
}

/// How long a query has worked.
#[derive(Debug, Default)]
struct Clock {
    /// Since when it works without a pause.
    began: Option<Instant>,
    spent: Duration,
}

impl Clock {
    fn has_just_begun(&self) -> bool {
        self.began.is_some_and(|began| began.elapsed() < TURN)
    }

    fn start(&mut self) {
        self.began = Some(Instant::now());
    }

    fn stop(&mut self) {
        self.spent += self.began.take().map_or(Duration::ZERO, |began| began.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_do_not_count() {
        let mut clock = Clock::default();
        assert!(!clock.has_just_begun());
        clock.start();
        clock.stop();
        let spent = clock.spent;
        clock.stop();
        assert_eq!((clock.spent, clock.began), (spent, None));
        clock.start();
        clock.stop();
        assert!(clock.spent >= spent);
    }
}
