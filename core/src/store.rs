//! The interface between the server and a store.

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
/// All stores follow these rules:
///
/// - A sample with the key and timestamp of another replaces it.
/// - A full series drops its oldest sample for a newer one and counts it as evicted.
/// - A sample older than all samples of a full series is refused, and so is a new key in a full
///   table. Refusals are counted and change nothing.
/// - Removing a series removes all its samples. Its key may be put again, as a new series.
///
/// Stores are shared by handle: the trait is implemented for `&mut S` and for `&RefCell<S>`. A
/// store with locks inside implements it for a shared reference to itself.
///
/// # Stores that wait
///
/// A store on a disk or on other machines may have to commit before an `ok` is sent, and may have
/// to fetch samples before it shows them. It sets [`WAITS`](Self::WAITS). Then the caller of the
/// server awaits [`poll_ready`](Self::poll_ready) before it sends anything, and calls again after a
/// "not yet". For all other stores none of this is compiled.
pub trait Store {
    /// Whether the store must be awaited. It has no default, so that no handle forgets it.
    const WAITS: bool;

    /// Stores a sample. Every scan that begins later sees it.
    ///
    /// # Errors
    ///
    /// [`Refused`] if a bound of the store is reached. On [`Refused::NotYet`], which only a store
    /// that waits returns, await [`poll_ready`](Self::poll_ready) and put the same sample again.
    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused>;

    /// Removes a series with its samples; returns whether it existed. A scan that is in it
    /// continues at the next key.
    ///
    /// # Errors
    ///
    /// As [`put`](Self::put).
    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused>;

    /// Calls `visit` for the samples of a query, from a position on, until `visit` breaks.
    ///
    /// Series are in byte order of their keys, the samples of each in ascending order of
    /// timestamps. In each series the scan ends at the sample that was the newest when the scan
    /// reached the series. Resume with the query that the position came from.
    ///
    /// Between two calls samples may be added and removed. A sample that exists throughout is shown
    /// once.
    ///
    /// # Panics
    ///
    /// The store may be borrowed or locked during the call, so it may panic or wait for ever if
    /// `visit` uses it.
    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan;

    /// Calls `visit` for the samples of a query as [`scan`](Self::scan) does, but for several of a series
    /// at once, and perhaps only with their aggregate, which takes far less time.
    ///
    /// `end_of` returns the last timestamp of the interval around a timestamp. All samples of an
    /// aggregate are in one interval. `visit` breaks with the number of samples that it took: the scan
    /// stops at the next one. Of an aggregate it takes all or none.
    fn aggregate(
        &self,
        query: &Query<'_>,
        from: Position,
        _end_of: impl Fn(i64) -> i64,
        mut visit: impl FnMut(Key<'_>, Portion<'_>) -> ControlFlow<usize>,
    ) -> Scan {
        self.scan(query, from, |key, sample| match visit(key, Portion::Samples(&[sample])) {
            ControlFlow::Break(0) => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        })
    }

    /// Calls `visit` for the series that have samples, in byte order of their keys, until `visit`
    /// breaks.
    ///
    /// It begins at the first key that is not less than `from`. `from` need not be a key, so that a
    /// search can skip. The cost of a series does not depend on its samples. The result and the
    /// restriction of `visit` are those of [`scan`](Self::scan), but to continue call again with a
    /// key.
    fn series(&self, from: &[u8], visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan;

    /// Returns how full the store is, and what it evicted and refused since it was created.
    fn counters(&self) -> StoreCounters;

    /// Announces a request that will follow the next [`poll_ready`](Self::poll_ready), so that one
    /// wait serves many requests. A get will begin at `from`. Requests are announced in their
    /// order. Returns whether more may be announced.
    fn want(&mut self, _request: Request<'_>, _from: Position) -> bool {
        false
    }

    /// Waits until the samples that were put are as safe as the store promises, and the requests
    /// announced by [`want`](Self::want) can be answered. It is safe to stop polling.
    ///
    /// # Errors
    ///
    /// [`Lost`] if the outcome of a request is unknown: its reply must not be sent, and the
    /// connection ends.
    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        Poll::Ready(Ok(()))
    }

    /// Returns a handle for the requests of one call of
    /// [`ServerConnection::process`](crate::ServerConnection::process). A store with locks inside
    /// may hold a lock from put to put until the handle is dropped.
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
    /// All was shown.
    Done,
    /// `visit` broke at the sample at this position. A scan from here starts with it.
    Stopped(Position),
    /// The rest must be fetched: await [`Store::poll_ready`], then continue from this position.
    NotYet(Position),
    /// The rest is not available.
    Refused,
}

/// What [`Store::aggregate`] shows at once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Portion<'a> {
    /// Samples in ascending order of timestamps, at least one.
    Samples(&'a [Sample]),
    /// What samples in one interval are together.
    Aggregate(Aggregate),
}

/// What samples of a series that follow one another are together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Aggregate {
    /// Their number, at least one.
    pub samples: usize,
    /// The oldest of them.
    pub first: Sample,
    /// The value of the newest.
    pub last: f64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// The sum of the values. It may differ from the exact sum of these doubles by 2^-51 of the sum of
    /// their sizes: decimals are added as decimals, and rounded together.
    pub sum: f64,
}

/// A series without its samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The number of samples, at least one.
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
    /// The store cannot make it last: its disk is full or fails, or its engine does not answer.
    Unavailable,
    /// Not a refusal: await [`Store::poll_ready`] first.
    NotYet,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TableFull => "the key is new, and there is no room for another series",
            Self::TooOld => "the sample is older than every sample of a full series",
            Self::KeyTooLong => "the key is too long for the store",
            Self::Unavailable => "the store cannot write to its disk or engine",
            Self::NotYet => "the store is not ready yet",
        })
    }
}

impl core::error::Error for Refused {}

/// The outcome of a request is unknown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Lost;

impl fmt::Display for Lost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the outcome of a request is unknown")
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

    fn aggregate(
        &self,
        query: &Query<'_>,
        from: Position,
        end_of: impl Fn(i64) -> i64,
        visit: impl FnMut(Key<'_>, Portion<'_>) -> ControlFlow<usize>,
    ) -> Scan {
        (**self).aggregate(query, from, end_of, visit)
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

/// Shares a store between connections of one thread. The cell is borrowed only during a call, so a
/// store that waits does not compile here.
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

    fn aggregate(
        &self,
        query: &Query<'_>,
        from: Position,
        end_of: impl Fn(i64) -> i64,
        visit: impl FnMut(Key<'_>, Portion<'_>) -> ControlFlow<usize>,
    ) -> Scan {
        self.borrow().aggregate(query, from, end_of, visit)
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
