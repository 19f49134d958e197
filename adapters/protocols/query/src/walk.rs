//! The selected series, one after the other.

use core::ops::ControlFlow::{self, Break, Continue};

use metric_proto::{Key, Scan, Store, Summary};

use crate::end::End;
use crate::name::Name;
use crate::page::{Shown, Tail};
use crate::produce::Next;
use crate::select::Select;
use crate::turn::Turn;

/// A walk over the selected series in byte order of their keys. It skips keys that cannot be
/// selected.
#[derive(Clone, Debug)]
pub(crate) struct Walk<S, const KEY: usize> {
    select: S,
    at: Name<KEY>,
    /// Whether the key it is at was visited.
    visited: bool,
}

/// Why a walk stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// There are no more series.
    AtEnd,
    /// `visit` broke. The walk continues behind that series.
    ByVisit,
    /// The turn is over.
    ByTurn,
    /// The store must fetch something first.
    NotYet,
    /// The store has lost something.
    Refused,
}

impl<S: Select, const KEY: usize> Walk<S, KEY> {
    pub(crate) const fn new(select: S) -> Self {
        Self { select, at: Name::EMPTY, visited: false }
    }

    /// Goes behind a key.
    pub(crate) fn after(&mut self, key: &[u8]) {
        self.visited = self.at.set(key);
        if !self.visited {
            self.at.pass(key);
        }
    }

    /// Goes back to the beginning.
    pub(crate) fn restart(&mut self) {
        (self.at, self.visited) = (Name::EMPTY, false);
    }

    /// Returns the key of the series at which it is.
    pub(crate) fn key(&self) -> &[u8] {
        self.at.as_bytes()
    }

    pub(crate) fn into_select(self) -> S {
        self.select
    }

    /// Visits series until `visit` breaks. All producers of a selector share this code, which matters
    /// on boards.
    pub(crate) fn run<T: Store>(
        &mut self,
        store: &T,
        turn: &mut Turn,
        visit: &mut dyn FnMut(Key<'_>, Summary) -> ControlFlow<()>,
    ) -> Stopped {
        loop {
            if let Some(stopped) = self.stretch(store, turn, visit) {
                return stopped;
            }
        }
    }

    /// Visits series until there are some to skip. Returns why the walk stopped, if it did.
    fn stretch<T: Store>(
        &mut self,
        store: &T,
        turn: &mut Turn,
        visit: &mut dyn FnMut(Key<'_>, Summary) -> ControlFlow<()>,
    ) -> Option<Stopped> {
        let mut stopped = None;
        let from = self.at.clone();
        let is_passed = self.visited;
        let scan = store.series(from.as_bytes(), |key, summary| {
            let bytes = key.as_bytes();
            if is_passed && bytes == from.as_bytes() {
                return Continue(());
            }
            if turn.is_over() {
                stopped = Some(Stopped::ByTurn);
                return Break(());
            }
            turn.series(bytes, self.select.steps());
            self.after(bytes);
            if !self.visited {
                return Continue(());
            }
            if self.select.selects(key.as_str()) {
                stopped = visit(key, summary).is_break().then_some(Stopped::ByVisit);
                return if stopped.is_some() { Break(()) } else { Continue(()) };
            }
            match self.skip() {
                Skip::Nothing => Continue(()),
                Skip::Some => Break(()),
                Skip::All => {
                    stopped = Some(Stopped::AtEnd);
                    Break(())
                }
            }
        });
        match scan {
            Scan::Done => Some(Stopped::AtEnd),
            Scan::Stopped(_) => stopped,
            Scan::NotYet(_) => Some(Stopped::NotYet),
            Scan::Refused => Some(Stopped::Refused),
        }
    }

    /// Goes on to where the next selected key may be.
    fn skip(&mut self) -> Skip {
        let mut buffer = [0; KEY];
        let from = self.at.clone();
        match self.select.seek(from.as_bytes(), &mut buffer) {
            None => Skip::All,
            Some(next) if next > from.as_bytes() && self.at.set(next) => {
                self.visited = false;
                Skip::Some
            }
            Some(_) => Skip::Nothing,
        }
    }
}

impl From<Stopped> for Shown {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::AtEnd => Self::End(Tail::End(End::Complete)),
            Stopped::Refused => Self::End(Tail::End(End::Unavailable)),
            Stopped::ByVisit => Self::Row,
            Stopped::ByTurn => Self::Break(Next::More),
            Stopped::NotYet => Self::Break(Next::Wait),
        }
    }
}

/// What a walk can skip.
enum Skip {
    Nothing,
    Some,
    All,
}
