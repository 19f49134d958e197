//! Metrics of the board itself. Their series are reserved in the store at the start.

use core::cell::RefCell;

use embassy_time::{Duration, Instant, Ticker};
use heapless::String;
use metric_embassy_net::Counters;
use metric_proto::{FixedStore, Key, Sample, Store};

use crate::stack;

/// The number of metrics that every board has.
pub const METRICS: usize = COMMON.len();

/// The metrics of every board: the part of the key after the board's name, and the measurement.
const COMMON: [(&str, Measure); 8] = [
    ("uptime", |_| uptime()),
    ("stack_used", |_| stack::used() as u64),
    ("stack_free", |_| stack::untouched() as u64),
    ("open", |state| state.counters.open().into()),
    ("connections", |state| state.counters.connections().into()),
    ("requests", |state| state.counters.requests().into()),
    ("wrong_commands", |state| state.counters.wrong_commands().into()),
    ("refused", |state| state.refused),
];

/// The metric of a board that reports: how many samples the server has stored. It is reserved like a board's
/// own.
pub const PUSH_SENT: &str = "push_sent";

/// The other one: how many samples the server never will store.
pub const PUSH_LOST: &str = "push_lost";

type Measure = fn(&State<'_>) -> u64;

struct State<'a> {
    counters: &'a Counters,
    refused: u64,
}

/// A metric of one board: the part of the key after the board's name, and the measurement.
pub type Own<'a> = (&'static str, &'a mut dyn FnMut() -> f64);

/// Reserves series in an empty store for the common metrics of the board and for those in `own`.
pub fn reserve<const SERIES: usize, const SAMPLES: usize, const KEY: usize>(
    store: &mut FixedStore<SERIES, SAMPLES, KEY>,
    board: &str,
    own: &[&str],
) {
    for name in COMMON.iter().map(|(name, _)| name).chain(own) {
        // The store has room for all of them, and no name is too long.
        let _ = key(board, name, &mut String::new()).map(|key| store.reserve(key));
    }
}

/// A board that stores metrics of itself.
#[derive(Clone, Copy, Debug)]
pub struct Board<'a, S> {
    /// The beginning of the keys of its metrics.
    pub name: &'static str,
    /// The store for its metrics.
    pub store: &'a RefCell<S>,
    /// The counters of its workers.
    pub counters: &'a Counters,
}

impl<S: Store> Board<'_, S> {
    /// Stores a sample of each metric every 5 seconds. Timestamps are seconds since boot, since
    /// the board does not know the time of day.
    pub async fn report(&self, own: &mut [Own<'_>]) -> ! {
        self.report_each_time(|board| board.store_own(own)).await
    }

    /// Stores a sample of each common metric every 5 seconds, and then calls `store_more`.
    pub(crate) async fn report_each_time(&self, mut store_more: impl FnMut(&Self)) -> ! {
        let mut ticker = Ticker::every(PERIOD);
        loop {
            ticker.next().await;
            let state = State { counters: self.counters, refused: self.refused() };
            for (name, measure) in COMMON {
                self.put(name, measure(&state) as f64);
            }
            store_more(self);
        }
    }

    pub(crate) fn store_own(&self, own: &mut [Own<'_>]) {
        for (name, measure) in own.iter_mut() {
            self.put(name, measure());
        }
    }

    fn refused(&self) -> u64 {
        self.store.borrow().counters().refused()
    }

    fn put(&self, name: &str, value: f64) {
        // A failed measurement is NaN, which is not a valid sample and is left out.
        if let Ok(sample) = Sample::new(value, uptime() as i64) {
            let put = |key| self.store.borrow_mut().put(key, sample);
            let _ = key(self.name, name, &mut String::new()).map(put);
        }
    }
}

const PERIOD: Duration = Duration::from_secs(5);

/// Writes the key of a board's metric into `text`.
fn key<'a>(board: &str, name: &str, text: &'a mut String<48>) -> Option<Key<'a>> {
    [board, ".", name].into_iter().try_for_each(|part| text.push_str(part)).ok()?;
    Key::new(text).ok()
}

/// Returns the seconds since boot.
pub(crate) fn uptime() -> u64 {
    Instant::now().as_secs()
}
