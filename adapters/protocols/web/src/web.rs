//! What all connections share.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use metric_proto::{Key, Lost, Position, Refused, Request, Sample, Store};

use crate::counters::Counters;
use crate::exposition::Exposition;
use crate::failure::Failure;
use crate::places::Places;
use crate::routes::Routes;
use crate::selection::now;
use crate::settings::Settings;
use crate::turns::Turns;

/// The server behind the HTTP side.
pub trait Backend: Send + Sync + 'static {
    /// A handle to its store.
    type Store: Store + Send + 'static;

    /// Returns a handle to the store, for one request.
    fn store(&self) -> Self::Store;

    /// Adds the counters of the server.
    fn metrics(&self, exposition: &mut Exposition);

    /// Returns why the server cannot take samples now, if it cannot.
    fn trouble(&self) -> Option<String>;
}

/// What the HTTP connections of a server share.
#[derive(Debug)]
pub struct Web<B: Backend> {
    pub(crate) backend: B,
    pub(crate) settings: Settings,
    pub(crate) counters: Counters,
    /// Connections whose requests are answered.
    pub(crate) places: Places,
    /// Connections whose first request is not admitted yet. There may be as many, so that a page of
    /// another site, whose requests are refused, cannot take the places.
    pub(crate) newcomers: Places,
    turns: Turns,
    /// The timers of the runtime.
    pub(crate) sleep: Sleep,
    others: Vec<Box<dyn Routes<B>>>,
}

/// Waits for a duration; a wait of zero ends after the runtime has asked the system for events.
pub type Sleep = fn(Duration) -> Sleeping;

/// A wait.
pub type Sleeping = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<B: Backend> Web<B> {
    /// Creates the HTTP side of a server, with the timers of its runtime.
    #[must_use]
    pub fn new(backend: B, settings: Settings, sleep: Sleep) -> Self {
        let places = || Places::new(settings.max_connections);
        Self {
            counters: Counters::default(),
            places: places(),
            newcomers: places(),
            turns: Turns::default(),
            sleep,
            backend,
            settings,
            others: Vec::new(),
        }
    }

    /// Adds the paths of another protocol.
    #[must_use]
    pub fn with(mut self, routes: impl Routes<B>) -> Self {
        self.others.push(Box::new(routes));
        self
    }

    /// Returns the other protocol of a path, with the path's methods.
    pub(crate) fn others(&self, path: &str) -> Option<(&dyn Routes<B>, &'static str)> {
        self.others.iter().find_map(|other| Some((&**other, other.methods(path)?)))
    }

    /// Does a turn of a query, after others had theirs. A turn should take 100 us at most.
    pub async fn turn<T>(&self, turn: impl FnOnce() -> T) -> T {
        self.turns.wait(self.sleep).await;
        turn()
    }

    /// Puts a sample, once the store has room for it. What was put lasts once [`ready`](Self::ready)
    /// has returned.
    ///
    /// # Errors
    ///
    /// If it is not known what became of what was put.
    pub async fn put(
        &self,
        store: &mut B::Store,
        key: Key<'_>,
        sample: Sample,
    ) -> Result<Result<(), Refused>, Failure> {
        loop {
            match store.put(key, sample) {
                Err(Refused::NotYet) => {
                    store.want(Request::Put { key, sample }, Position::START);
                    self.ready(store).await?;
                }
                stored => return Ok(stored),
            }
        }
    }

    /// Waits for a store that waits: until samples that were put last, or samples that were wanted can
    /// be read.
    ///
    /// # Errors
    ///
    /// If the store cannot tell.
    pub async fn ready(&self, store: &mut B::Store) -> Result<(), Failure> {
        let ready = poll_fn(|context| store.poll_ready(context)).await;
        ready.map_err(|Lost| self.failed(Failure::Unavailable))
    }

    /// Counts a query that fails.
    pub fn failed(&self, failure: Failure) -> Failure {
        self.counters.failed(failure);
        failure
    }

    /// Returns the present time, in the unit of the server's timestamps.
    #[must_use]
    pub fn now(&self) -> i64 {
        now(self.settings.unit)
    }

    /// Returns the settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Adds what the other protocols count.
    pub(crate) fn metrics(&self, exposition: &mut Exposition) {
        self.others.iter().for_each(|other| other.metrics(exposition));
    }

    /// Returns what the other protocols did not store since the last call, a line for each cause.
    #[must_use]
    pub fn warnings(&self) -> Vec<String> {
        self.others.iter().flat_map(|other| other.warnings()).collect()
    }

    /// Returns what became of all that came in by the other protocols, a line for each.
    #[must_use]
    pub fn summaries(&self) -> Vec<String> {
        self.others.iter().filter_map(|other| other.summary()).collect()
    }

    /// Returns the server behind it.
    #[must_use]
    pub fn backend(&self) -> &B {
        &self.backend
    }

    /// Returns what the HTTP side counts.
    #[must_use]
    pub fn counters(&self) -> &Counters {
        &self.counters
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;
    use std::task::{Context, Poll};

    use futures_lite::future::block_on;
    use metric_proto::{Query, Scan, StoreCounters, Summary};

    use super::*;

    /// A store that takes only what it was told of before it was awaited.
    #[derive(Default)]
    struct Patient {
        told: Option<(String, Sample)>,
        expected: Option<(String, Sample)>,
    }

    impl Store for Patient {
        const WAITS: bool = true;

        fn put(&mut self, key: Key<'_>, sample: Sample) -> Result<(), Refused> {
            let is_expected = self.expected.take() == Some((key.to_string(), sample));
            if is_expected { Ok(()) } else { Err(Refused::NotYet) }
        }

        fn remove(&mut self, _: Key<'_>) -> Result<bool, Refused> {
            Ok(false)
        }

        fn scan(
            &self,
            _: &Query<'_>,
            _: Position,
            _: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
        ) -> Scan {
            Scan::Done
        }

        fn series(&self, _: &[u8], _: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
            Scan::Done
        }

        fn counters(&self) -> StoreCounters {
            StoreCounters::default()
        }

        fn want(&mut self, request: Request<'_>, _: Position) -> bool {
            let Request::Put { key, sample } = request else { return false };
            self.told = Some((key.to_string(), sample));
            false
        }

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Lost>> {
            assert!(self.told.is_some(), "nobody said what is put");
            self.expected = self.told.take();
            Poll::Ready(Ok(()))
        }
    }

    struct Server;

    impl Backend for Server {
        type Store = Patient;

        fn store(&self) -> Patient {
            Patient::default()
        }

        fn metrics(&self, _: &mut Exposition) {}

        fn trouble(&self) -> Option<String> {
            None
        }
    }

    #[test]
    fn a_store_that_waits_is_told_what_is_put() {
        let web = Web::new(Server, Settings::new("", ""), |_| Box::pin(std::future::ready(())));
        let (mut store, sample) = (web.backend().store(), Sample::new(1.0, 2).unwrap());
        let put = block_on(web.put(&mut store, Key::new("k").unwrap(), sample));
        assert!(matches!(put, Ok(Ok(()))));
    }
}
