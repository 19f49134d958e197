//! Visiting the selected series, for those who do more with them than show them.

use core::ops::ControlFlow;

use metric_proto::{Key, Store, Summary};

use crate::produce::Next;
use crate::select::Select;
use crate::turn::Turn;
use crate::walk::{Stopped, Walk};

/// A search for the selected series, in byte order of their keys. Series whose keys are longer than
/// `KEY` are left out.
#[derive(Clone, Debug)]
pub struct Search<S, const KEY: usize>(Walk<S, KEY>);

impl<S: Select, const KEY: usize> Search<S, KEY> {
    /// Creates a search that was not begun.
    #[must_use]
    pub const fn new(select: S) -> Self {
        Self(Walk::new(select))
    }

    /// Visits series for a turn, or until `visit` breaks; then it is done.
    pub fn run<T: Store>(
        &mut self,
        store: &T,
        mut visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>,
    ) -> Next {
        match self.0.run(store, &mut Turn::new(), &mut visit) {
            Stopped::AtEnd | Stopped::ByVisit => Next::Done,
            Stopped::ByTurn => Next::More,
            Stopped::NotYet => Next::Wait,
            Stopped::Refused => Next::Unavailable,
        }
    }

    /// Begins again.
    pub fn restart(&mut self) {
        self.0.restart();
    }
}
