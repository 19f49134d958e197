//! What the server asks of a store.

use core::cell::RefCell;
use core::fmt;
use core::ops::ControlFlow;
use core::task::{Context, Poll};

use crate::counters::StoreCounters;
use crate::key::Key;
use crate::position::Position;
use crate::query::Query;
use crate::request::Request;
use crate::sample::Sample;

/// Keeps samples by key and timestamp.
///
/// A store has one rule for each case, whatever it is made of:
///
/// - A sample with the key and timestamp of another replaces it.
/// - A series that is full drops its oldest sample for a newer one and counts it as evicted.
/// - A sample older than all of a full series is refused, and so is a new key in a full table.
///   Refusals are counted and change nothing.
/// - A series that is removed is gone with all its samples. Its key may come again, as a new series.
///
/// Stores are shared by handle: the trait is there for `&mut S` and for `&RefCell<S>`, and a store
/// with locks inside has it for a shared reference to itself.
///
/// # Stores that wait
///
/// A store on a disk or on other machines may have to finish something before an `ok` may leave,
/// and may not have at hand what it is asked for. It sets [`WAITS`](Self::WAITS). Then whoever
/// drives the server awaits [`poll_ready`](Self::poll_ready) before it sends anything, and calls
/// again when the store has said "not yet". For all other stores none of this is compiled.
pub trait Store {
    /// Whether there is anything to wait for. It has no default, so that no handle forgets it.
    const WAITS: bool;

    /// Stores a sample; every scan that begins later sees it.
    ///
    /// # Errors
    ///
    /// [`Refused`] if a bound of the store is reached. [`Refused::NotYet`], of a store that waits,
    /// asks the caller to await [`poll_ready`](Self::poll_ready) and to put the same sample again.
    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused>;

    /// Removes a series with its samples; returns whether it was there. A scan that has reached it
    /// goes on at the next key.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused>;

    /// Shows the samples of a query to `visit`, from a position on, until it breaks off.
    ///
    /// Series come in byte order of their keys, the samples of each by timestamp, ascending. Of each
    /// series the scan ends at the sample that was newest when the scan reached it. A position is
    /// for the query that it came from.
    ///
    /// Between two calls samples may come and go: one that is there all the while is shown once.
    ///
    /// # Panics
    ///
    /// A store may be borrowed or locked meanwhile, so it may panic or wait for ever if `visit` uses
    /// it.
    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan;

    /// Shows the series that have samples, in byte order of their keys, until `visit` breaks off.
    ///
    /// It begins at the first key that is not less than `from`, which need not be a key, so that a
    /// search can skip. The cost of a series does not depend on its samples. See
    /// [`scan`](Self::scan) for what `visit` must not do, and for the meaning of the result; to go on,
    /// call again with a key.
    fn series(&self, from: &[u8], visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan;

    /// How full the store is and what it dropped, since it was made.
    fn counters(&self) -> StoreCounters;

    /// Announces a request that will be made after the next [`poll_ready`](Self::poll_ready), a get
    /// from a position on, so that one wait serves many. Requests are announced in their order.
    /// Returns whether more may be announced.
    fn want(&mut self, _request: Request<'_>, _from: Position) -> bool {
        false
    }

    /// Waits until the samples that were put are as safe as the store promises, and what was
    /// announced by [`want`](Self::want) is at hand. Dropping the wait loses nothing.
    ///
    /// # Errors
    ///
    /// [`Lost`] if nobody knows what became of a request: its reply must not be sent, and the
    /// connection ends.
    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        Poll::Ready(Ok(()))
    }

    /// A handle for the requests of one call of [`ServerConnection::process`](crate::ServerConnection::process). A store
    /// with locks inside may keep one from put to put, and lets go of it with the handle.
    fn batch(&mut self) -> impl Store
    where
        Self: Sized,
    {
        self
    }
}

/// How a scan ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan {
    /// There are no more.
    Done,
    /// `visit` broke off at the sample at this position; a later scan starts with it.
    Stopped(Position),
    /// The rest is not at hand: await [`Store::poll_ready`], then go on from this position.
    NotYet(Position),
    /// The rest cannot be had.
    Refused,
}

/// A series without its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// How many samples there are, one at least.
    pub samples: usize,
    /// The oldest.
    pub first: Sample,
    /// The newest.
    pub last: Sample,
}

/// Why a store does not take a sample.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Refused {
    /// The key is new, and there is no room for another series.
    TableFull,
    /// The series is full and all its samples are newer.
    TooOld,
    /// The key is longer than the store has room for.
    KeyTooLong,
    /// The store is to be awaited first, by [`Store::poll_ready`]. Nothing is refused yet.
    NotYet,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TableFull => "a new key, and there is no room for another series",
            Self::TooOld => "older than every sample of a full series",
            Self::KeyTooLong => "a key longer than the store has room for",
            Self::NotYet => "the store is not ready yet",
        })
    }
}

impl core::error::Error for Refused {}

/// Nobody knows what became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Lost;

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the store cannot tell what became of a request")
    }
}

impl core::error::Error for Lost {}

#[deny(clippy::missing_trait_methods)]
impl<S: Store> Store for &mut S {
    const WAITS: bool = S::WAITS;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        (**self).put(key, sample)
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        (**self).remove(key)
    }

    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        (**self).scan(query, from, visit)
    }

    fn series(&self, from: &[u8], visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        (**self).series(from, visit)
    }

    fn counters(&self) -> StoreCounters {
        (**self).counters()
    }

    fn want(&mut self, request: Request<'_>, from: Position) -> bool {
        (**self).want(request, from)
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        (**self).poll_ready(context)
    }

    fn batch(&mut self) -> impl Store {
        (**self).batch()
    }
}

/// For many connections of one thread. The cell is borrowed within a call only, so it cannot hold a
/// store that waits: that is an error of compilation.
#[deny(clippy::missing_trait_methods)]
impl<S: Store> Store for &RefCell<S> {
    const WAITS: bool = {
        assert!(!S::WAITS, "a cell cannot be borrowed while its store is awaited");
        false
    };

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        self.borrow_mut().put(key, sample)
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        self.borrow_mut().remove(key)
    }

    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        self.borrow().scan(query, from, visit)
    }

    fn series(&self, from: &[u8], visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        self.borrow().series(from, visit)
    }

    fn counters(&self) -> StoreCounters {
        self.borrow().counters()
    }

    fn want(&mut self, request: Request<'_>, from: Position) -> bool {
        self.borrow_mut().want(request, from)
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        self.borrow_mut().poll_ready(context)
    }

    fn batch(&mut self) -> impl Store {
        self
    }
}
