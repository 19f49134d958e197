//! What a query will cost at least.

use core::ops::ControlFlow::{Break, Continue};

use metric_proto::Store;

use crate::budget::{Bound, Budget, Exceeded};
use crate::produce::Next;
use crate::select::Select;
use crate::turn::Turn;
use crate::walk::{Stopped, Walk};
use crate::window::Window;

/// Counts what a query will cost at least, without reading samples. So a query can be refused before
/// its reply begins.
#[derive(Clone, Debug)]
pub struct Count<S, const KEY: usize> {
    walk: Walk<S, KEY>,
    window: Window,
    budget: Budget,
    cost: Cost,
}

/// What a query costs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// The series that may have a sample in the window.
    pub series: usize,
    /// The samples that are known to be in the window: all of a series that lies in it.
    pub samples: usize,
}

impl<S: Select, const KEY: usize> Count<S, KEY> {
    /// Creates a count that was not begun.
    #[must_use]
    pub const fn new(select: S, window: Window, budget: Budget) -> Self {
        let cost = Cost { series: 0, samples: 0 };
        Self { walk: Walk::new(select), window, budget, cost }
    }

    /// Counts for a turn. Ends early if the cost exceeds the budget.
    pub fn run<T: Store>(&mut self, store: &T) -> Next {
        let Self { walk, window, budget, cost } = self;
        let stopped = walk.run(store, &mut Turn::new(), &mut |_, summary| {
            if window.may_have(&summary) {
                cost.series += 1;
                cost.samples = cost.samples.saturating_add(window.least(&summary));
            }
            if cost.over(budget).is_some() { Break(()) } else { Continue(()) }
        });
        match (stopped, cost.over(budget)) {
            (_, Some(exceeded)) => Next::Exceeded(exceeded),
            (Stopped::AtEnd, _) => Next::Done,
            (Stopped::Refused, _) => Next::Unavailable,
            (Stopped::NotYet, _) => Next::Wait,
            (Stopped::ByTurn | Stopped::ByVisit, _) => Next::More,
        }
    }

    /// Returns what was counted so far.
    #[must_use]
    pub const fn cost(&self) -> Cost {
        self.cost
    }

    /// Returns the selector, for the query itself.
    #[must_use]
    pub fn into_select(self) -> S {
        self.walk.into_select()
    }
}

impl Cost {
    fn over(&self, budget: &Budget) -> Option<Exceeded> {
        match self {
            _ if self.series > budget.series => Some(budget.exceeded(Bound::Series)),
            _ if self.samples > budget.samples => Some(budget.exceeded(Bound::Samples)),
            _ => None,
        }
    }
}
