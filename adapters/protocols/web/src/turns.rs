//! Turns of queries. However many there are, the data port waits for few of them.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::web::Sleep;

/// How many queries have a turn before the runtime asks the system for events again. A turn takes
/// 0.1 ms at most, which a put may have to wait.
const TURNS: usize = 1;

/// Shares out turns. None is held while its owner waits: a peer that takes nothing of its reply keeps
/// its query from going on, and would keep the turn.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<Pass>);

/// The time between two looks at the system's events.
#[derive(Debug, Default)]
struct Pass {
    number: u64,
    turns: usize,
}

impl Turns {
    /// Waits for a turn, which lasts until the caller waits again.
    pub(crate) async fn wait(&self, sleep: Sleep) {
        loop {
            let before = self.pass(|pass| pass.number);
            sleep(Duration::ZERO).await;
            if self.take(before) {
                return;
            }
        }
    }

    /// Takes a turn, if one is left, after a wait that began in the pass `before`.
    fn take(&self, before: u64) -> bool {
        self.pass(|pass| {
            if pass.number == before {
                *pass = Pass { number: before + 1, turns: 0 };
            }
            let is_left = pass.turns < TURNS;
            pass.turns += usize::from(is_left);
            is_left
        })
    }

    fn pass<T>(&self, act: impl FnOnce(&mut Pass) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_those_that_wait_together_only_some_have_a_turn() {
        let turns = Turns::default();
        let waited = |pass| (0..5).filter(|_| turns.take(pass)).count();
        assert_eq!([waited(0), waited(1), waited(2)], [TURNS; 3]);
        // Whoever began to wait before that pass began has none beyond the others.
        assert_eq!(waited(0), 0);
    }
}
