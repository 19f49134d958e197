//! A connection's handle to the store: what it wants done, and what is at hand of it.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::fmt;
use std::mem::take;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use metric_proto::{
    Key, Lost, Position, Query, Refused, Request, Sample, Scan, Store, StoreCounters, Summary,
};

use crate::command::Names;
use crate::engine::Engine;
use crate::job::Failure;
use crate::listing::{Asked, Listing, RUNS, Shown};
use crate::marks::{Marks, Place};
use crate::page::pages;
use crate::round::Round;
use crate::route::Purpose;
use crate::seal::{removal, was_there};
use crate::window::Window;

/// The most scans that have samples at hand, and so the most gets that are announced at once.
const SCANS: usize = 16;

/// A handle to the store, one for each connection. Its memory is that of its request.
pub struct Handle {
    engine: Arc<Engine>,
    state: RefCell<Option<Box<State>>>,
    work: Option<Work>,
}

/// What is done has the state until it is done.
type Work = Pin<Box<dyn Future<Output = (Box<State>, Result<(), Lost>)> + Send>>;

/// What a handle wants done, and what is at hand.
#[derive(Debug)]
struct State {
    round: Round,
    removal: Option<Removal>,
    /// Scans whose samples must be fetched.
    scans: Vec<(Asked, Place)>,
    listings: VecDeque<Listing>,
    /// The key from which series must be fetched.
    series: Option<Box<[u8]>>,
    window: Option<Window>,
    marks: Marks,
}

#[derive(Debug)]
struct Removal {
    key: Box<[u8]>,
    /// Whether it was there.
    done: Option<Result<bool, Refused>>,
}

impl State {
    fn new() -> Box<Self> {
        Box::new(Self {
            round: Round::default(),
            removal: None,
            scans: Vec::new(),
            listings: VecDeque::new(),
            series: None,
            window: None,
            marks: Marks::new(),
        })
    }

    fn is_due(&self) -> bool {
        let removes = self.removal.as_ref().is_some_and(|removal| removal.done.is_none());
        self.round.is_due() || removes || !self.scans.is_empty() || self.series.is_some()
    }

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        // A scan that goes on later must see this put.
        self.listings.clear();
        self.scans.clear();
        self.round.tell(key, sample).unwrap_or_else(|| {
            self.round.ask(key, sample);
            Err(Refused::NotYet)
        })
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        let same = |removal: &mut Removal| *removal.key == *key.as_bytes();
        if let Some(Removal { done: Some(done), .. }) = self.removal.take_if(same) {
            return done;
        }
        self.listings.clear();
        self.window = None;
        self.removal = Some(Removal { key: key.as_bytes().into(), done: None });
        Err(Refused::NotYet)
    }

    fn scan(
        &mut self,
        query: &Query<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        let asked = Asked::new(query);
        let place = match self.marks.place(from, asked.key()) {
            Ok(Some(place)) => place,
            Ok(None) => return Scan::Done,
            Err(_) => return Scan::Refused,
        };
        let Some(mut listing) = self.at_hand(&asked, &place) else {
            self.want(asked, place);
            return Scan::NotYet(from);
        };
        if listing.is_failed {
            return Scan::Refused;
        }
        let shown = listing.show(visit);
        if let Shown::Stopped(_) | Shown::NotYet(_) = shown {
            self.listings.push_front(listing);
        }
        match shown {
            Shown::Done => Scan::Done,
            Shown::Stopped(place) => Scan::Stopped(self.position(&asked, &place)),
            Shown::NotYet(place) => {
                let position = self.position(&asked, &place);
                self.want(asked, place);
                Scan::NotYet(position)
            }
        }
    }

    fn position(&mut self, asked: &Asked, place: &Place) -> Position {
        if asked.key().is_some() { self.marks.keyed(place) } else { self.marks.position(place) }
    }

    /// Takes what is at hand of a scan at a place. A scan that begins takes only what was fetched for it.
    fn at_hand(&mut self, asked: &Asked, place: &Place) -> Option<Listing> {
        let has = |listing: &Listing| {
            let is_right = *place != Place::Start || listing.is_fresh;
            listing.at == *place && listing.asked == *asked && is_right
        };
        let found = self.listings.iter().position(has)?;
        self.listings.remove(found)
    }

    /// Notes a scan. Returns whether it was noted just before.
    fn want(&mut self, asked: Asked, place: Place) {
        self.round.clear();
        if self.scans.last().is_none_or(|(last, at)| *last != asked || *at != place) {
            self.scans.push((asked, place));
        }
    }

    /// Whether samples of a key from a place on are wanted already, of which fewer may be asked for.
    fn wants(&self, asked: &Asked, place: &Place) -> bool {
        let last = self.scans.last();
        last.is_some_and(|(last, at)| {
            last.key().is_some() && last.key() == asked.key() && at == place
        })
    }

    fn series(
        &mut self,
        from: &[u8],
        visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>,
    ) -> Scan {
        let window = self.window.as_mut().filter(|window| window.has(from));
        let Some(window) = window else {
            self.series = Some(from.into());
            return Scan::NotYet(Position::START);
        };
        if window.is_failed {
            self.window = None;
            return Scan::Refused;
        }
        match window.show(from, visit) {
            ControlFlow::Break(()) => Scan::Stopped(Position::START),
            ControlFlow::Continue(None) => Scan::Done,
            ControlFlow::Continue(Some(from)) => {
                self.series = Some(from);
                Scan::NotYet(Position::START)
            }
        }
    }

    /// Does all that is due.
    async fn work(&mut self, engine: &Engine) -> Result<(), Lost> {
        if self.round.is_due() {
            self.round.flush(engine).await?;
        }
        if let Some(removal) = &mut self.removal
            && removal.done.is_none()
        {
            removal.done = Some(remove(engine, &removal.key).await?);
            self.marks.pass(&removal.key);
        }
        self.fetch_scans(engine).await;
        if let Some(from) = self.series.take() {
            let window = self.window.take();
            let mut window = window.map_or_else(|| Window::new(&from), |window| window.at(&from));
            window.is_failed = window.fetch(engine).await.is_err();
            self.window = Some(window);
        }
        Ok(())
    }

    /// Fetches samples of scans: of all that are in one series at once.
    async fn fetch_scans(&mut self, engine: &Engine) {
        let mut due = Vec::new();
        for (asked, place) in take(&mut self.scans) {
            let listing = if place == Place::Start { None } else { self.at_hand(&asked, &place) };
            due.push(listing.unwrap_or_else(|| Listing::new(asked, place)));
        }
        let asked = due.iter().filter_map(Listing::due).collect();
        let read = pages(engine, asked, RUNS).await;
        let mut read = read.map(Vec::into_iter);
        for mut listing in due {
            match (listing.due(), &mut read) {
                (None, _) => listing.is_failed = listing.fetch(engine).await.is_err(),
                (Some(_), Err(_)) => listing.is_failed = true,
                (Some(_), Ok(pages)) => {
                    pages.next().into_iter().for_each(|page| listing.take(page));
                }
            }
            if self.listings.len() == SCANS {
                self.listings.pop_front();
            }
            self.listings.push_back(listing);
        }
    }
}

/// Removes a series. Returns whether it was there.
async fn remove(engine: &Engine, key: &[u8]) -> Result<Result<bool, Refused>, Lost> {
    let group = removal(&Names::new(&engine.settings.prefix, key));
    match engine.run(vec![group], Purpose::Write).await.pop() {
        Some(Ok(replies)) => Ok(Ok(was_there(&replies))),
        Some(Err(Failure::Refused { why, .. })) => {
            engine.tell("refuses to remove a series", &why);
            Ok(Err(Refused::Unavailable))
        }
        Some(Err(Failure::Unknown(why))) => Err(engine.lose(&why)),
        None => Err(Lost),
    }
}

impl Handle {
    pub(crate) fn new(engine: Arc<Engine>) -> Self {
        Self { engine, state: RefCell::default(), work: None }
    }

    /// Returns the store.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }
}

impl Clone for Handle {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.engine))
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle").field("engine", &self.engine).finish_non_exhaustive()
    }
}

impl Store for Handle {
    const WAITS: bool = true;

    fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
        if self.work.is_some() {
            return Err(Refused::NotYet);
        }
        self.state.get_mut().get_or_insert_with(State::new).put(key, sample)
    }

    fn remove(&mut self, key: Key<'_>) -> Result<bool, Refused> {
        if self.work.is_some() {
            return Err(Refused::NotYet);
        }
        self.state.get_mut().get_or_insert_with(State::new).remove(key)
    }

    fn scan(
        &self,
        query: &Query<'_>,
        from: Position,
        visit: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
    ) -> Scan {
        if self.work.is_some() {
            return Scan::NotYet(from);
        }
        self.state.borrow_mut().get_or_insert_with(State::new).scan(query, from, visit)
    }

    fn series(&self, from: &[u8], visit: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
        if self.work.is_some() {
            return Scan::NotYet(Position::START);
        }
        self.state.borrow_mut().get_or_insert_with(State::new).series(from, visit)
    }

    fn counters(&self) -> StoreCounters {
        self.engine.counters()
    }

    /// Puts are sent together up to the first get, and gets up to the first put, so that each get shows what
    /// was put before it and nothing that is put behind it.
    fn want(&mut self, request: Request<'_>, from: Position) -> bool {
        let Some(state) = self.state.get_mut().as_deref_mut().filter(|_| self.work.is_none())
        else {
            return false;
        };
        match request {
            Request::Put { key, sample } if state.scans.is_empty() => {
                state.round.announce(key, sample)
            }
            Request::Get(selector) if !state.round.is_due() => {
                let asked = Asked::new(&Query::from(selector));
                let is_key = asked.key().is_some();
                let Ok(Some(place)) = state.marks.place(from, asked.key()) else { return false };
                if !state.wants(&asked, &place) {
                    state.want(asked, place);
                }
                is_key && state.scans.len() < SCANS
            }
            _ => false,
        }
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        if self.work.is_none() {
            let Some(mut state) = self.state.get_mut().take_if(|state| state.is_due()) else {
                return Poll::Ready(Ok(()));
            };
            let engine = Arc::clone(&self.engine);
            self.work = Some(Box::pin(async move {
                let done = state.work(&engine).await;
                (state, done)
            }));
        }
        let Some(work) = &mut self.work else { return Poll::Ready(Ok(())) };
        let (state, done) = ready!(work.as_mut().poll(context));
        self.work = None;
        // What is not known is not told: the state of a failed round is dropped.
        *self.state.get_mut() = done.is_ok().then_some(state);
        Poll::Ready(done)
    }

    fn batch(&mut self) -> impl Store {
        self
    }
}
