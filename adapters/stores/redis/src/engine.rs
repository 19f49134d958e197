//! The engine, as all handles of a server share it.

use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex, MutexGuard};

use foldhash::fast::RandomState;
use metric_proto::{Lost, StoreCounters};
use smol::channel::{Receiver, Sender, bounded};

use crate::command::Group;
use crate::counters::{EngineCounters, Tally};
use crate::handle::Handle;
use crate::job::Outcome;
use crate::round::Known;
use crate::route::{Purpose, Routes};
use crate::settings::Settings;
use crate::upkeep::keep;
use crate::world::{System, World};

/// The most series that wait to be sealed. More are sealed after their next puts.
const WAITING: usize = 16_384;

/// Redis or Valkey, plain or a cluster, as a store of metrics.
#[derive(Debug)]
pub struct Engine {
    pub(crate) settings: Settings,
    pub(crate) routes: Routes,
    pub(crate) tally: Tally,
    pub(crate) hasher: RandomState,
    known: Mutex<Known>,
    seals: Sender<Box<[u8]>>,
    /// Whether the log has been told that requests fail.
    told: AtomicBool,
}

impl Engine {
    /// Opens the store. It connects when it is first asked for something, so it opens also while the engine
    /// is down. What keeps it in order runs on smol's own threads, until the last handle is gone.
    #[must_use]
    pub fn open(settings: Settings) -> Arc<Self> {
        let (engine, due) = Self::open_in(settings, Arc::new(System));
        smol::spawn(keep(Arc::downgrade(&engine), due)).detach();
        engine
    }

    /// Opens the store in some surroundings, with what is to be sealed in it. Nobody keeps it in order.
    pub(crate) fn open_in(
        settings: Settings,
        world: Arc<dyn World>,
    ) -> (Arc<Self>, Receiver<Box<[u8]>>) {
        let (seals, due) = bounded(WAITING);
        let engine = Arc::new(Self {
            routes: Routes::new(&settings, world),
            settings,
            tally: Tally::default(),
            hasher: RandomState::default(),
            known: Mutex::default(),
            seals,
            told: AtomicBool::new(false),
        });
        (engine, due)
    }

    /// Returns a handle for one connection.
    #[must_use]
    pub fn handle(self: &Arc<Self>) -> Handle {
        Handle::new(Arc::clone(self))
    }

    /// Returns what it has counted.
    #[must_use]
    pub fn engine_counters(&self) -> EngineCounters {
        self.tally.read()
    }

    /// Returns how many series the engine has, as it was seen last. Nobody counts its samples.
    #[must_use]
    pub fn counters(&self) -> StoreCounters {
        let mut counters = StoreCounters::ZERO;
        counters.series = usize::try_from(self.tally.series.load(Relaxed)).unwrap_or(usize::MAX);
        counters
    }

    /// Returns whether the requests of late were refused or lost.
    #[must_use]
    pub fn is_refusing(&self) -> bool {
        self.told.load(Relaxed)
    }

    pub(crate) async fn run(&self, groups: Vec<Group>, purpose: Purpose) -> Vec<Outcome> {
        if groups.is_empty() {
            return Vec::new();
        }
        let outcomes = self.routes.run(groups, purpose, (&self.settings, &self.tally)).await;
        if outcomes.iter().all(Result::is_ok) && self.told.swap(false, Relaxed) {
            log::info!("the engine does what it is asked for again");
        }
        outcomes
    }

    pub(crate) fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("no holder panics")
    }

    pub(crate) fn seal_later(&self, key: &[u8]) {
        let _ = self.seals.try_send(key.into());
    }

    /// Tells the log of the first failure after a success.
    pub(crate) fn tell(&self, what: &str, why: &str) {
        if !self.told.swap(true, Relaxed) {
            log::warn!("the engine {what}: {why}");
        }
    }

    pub(crate) fn lose(&self, why: &str) -> Lost {
        self.tell("does not say what became of a put, so the connection ends", why);
        Lost
    }
}
