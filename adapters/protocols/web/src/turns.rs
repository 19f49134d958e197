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
    /// Whose turn it is: of those that got none in the last pass, who has waited longest. Who does not come
    /// for it loses it with the pass.
    next: Option<u64>,
    /// The longest waiting of those that got none in this pass.
    left: Option<u64>,
    /// How many waits there were. Each has a number.
    waits: u64,
}

impl Turns {
    /// Waits for a turn, which lasts until the caller waits again.
    pub(crate) async fn wait(&self, sleep: Sleep) {
        let wait = self.begin();
        loop {
            let before = self.pass(|pass| pass.number);
            sleep(Duration::ZERO).await;
            if self.take(before, wait) {
                return;
            }
        }
    }

    /// Returns the number of a new wait.
    fn begin(&self) -> u64 {
        self.pass(|pass| {
            pass.waits += 1;
            pass.waits
        })
    }

    /// Takes a turn, if it is that wait's, after a sleep that began in the pass `before`.
    fn take(&self, before: u64, wait: u64) -> bool {
        self.pass(|pass| {
            if pass.number == before {
                (pass.number, pass.turns, pass.next) = (before + 1, 0, pass.left.take());
            }
            let is_taken = pass.turns < TURNS && pass.next.is_none_or(|next| next == wait);
            if is_taken {
                pass.turns += 1;
                pass.next = None;
            } else {
                pass.left = Some(pass.left.map_or(wait, |left| left.min(wait)));
            }
            is_taken
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
        let waits: Vec<_> = (0..5).map(|_| turns.begin()).collect();
        let taken = |pass| waits.iter().filter(|wait| turns.take(pass, **wait)).count();
        assert_eq!([taken(0), taken(1), taken(2)], [TURNS; 3]);
        // Whoever began to wait before that pass began has none beyond the others.
        assert_eq!(taken(0), 0);
    }

    #[test]
    fn who_waits_longest_is_next_and_who_is_away_keeps_nobody() {
        let turns = Turns::default();
        let mut waits: Vec<_> = (0..3).map(|_| turns.begin()).collect();
        let mut taken = [0; 3];
        // They always ask in the same order, and wait again after each turn.
        for pass in 0..9 {
            for (wait, taken) in waits.iter_mut().zip(&mut taken) {
                if turns.take(pass, *wait) {
                    *taken += 1;
                    *wait = turns.begin();
                }
            }
        }
        assert_eq!(taken, [3; 3]);
        // The second one is next, and does not come: one pass is lost, and then the third one is next.
        turns.take(9, waits[0]);
        let later: Vec<_> =
            (10..13).map(|pass| [0, 2].map(|place| turns.take(pass, waits[place]))).collect();
        assert!(later.iter().flatten().filter(|taken| **taken).count() >= 2, "{later:?}");
    }
}
