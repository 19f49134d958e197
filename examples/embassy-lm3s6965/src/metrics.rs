//! The board's own metrics, in series that have their places in the store from the start.

use core::cell::RefCell;

use embassy_time::{Duration, Instant, Ticker};
use metric_embassy_net::Counters;
use metric_proto::{FixedStore, Key, Sample, Store};

use crate::stack;

/// The store: room for [`USERS_SERIES`] series from the network and the board's own.
pub(crate) type Samples = FixedStore<{ USERS_SERIES + OWN_SERIES }, 32, 48>;

const USERS_SERIES: usize = 32;
const OWN_SERIES: usize = 8;

/// Gives the board's own series their places in an empty store.
pub(crate) fn reserve(store: &mut Samples) {
    for (name, _) in METRICS {
        // There is room for all of them, and no name is too long.
        let _ = Key::new(name).map(|key| store.reserve(key));
    }
}

/// Puts a sample of each metric in the store every few seconds, with seconds since boot as
/// timestamps: the board does not know the time of day.
pub(crate) async fn report(store: &RefCell<Samples>, counters: &Counters) -> ! {
    let mut ticker = Ticker::every(PERIOD);
    loop {
        ticker.next().await;
        for (name, measure) in METRICS {
            let value = measure(&Board { store, counters }) as f64;
            let sample = Sample::new(value, uptime() as i64);
            if let (Ok(key), Ok(sample)) = (Key::new(name), sample) {
                let _ = store.borrow_mut().put(key, sample);
            }
        }
    }
}

const PERIOD: Duration = Duration::from_secs(5);

/// What is measured, by its key.
const METRICS: [(&str, Measure); OWN_SERIES] = [
    ("lm3s6965.uptime", |_| uptime()),
    ("lm3s6965.stack_used", |_| stack::used() as u64),
    ("lm3s6965.stack_free", |_| stack::untouched() as u64),
    ("lm3s6965.open", |board| board.counters.open().into()),
    ("lm3s6965.connections", |board| board.counters.connections().into()),
    ("lm3s6965.requests", |board| board.counters.requests().into()),
    ("lm3s6965.wrong_commands", |board| board.counters.wrong_commands().into()),
    ("lm3s6965.refused", |board| board.store.borrow().counts().refused()),
];

type Measure = fn(&Board<'_>) -> u64;

struct Board<'a> {
    store: &'a RefCell<Samples>,
    counters: &'a Counters,
}

/// Seconds since boot.
fn uptime() -> u64 {
    Instant::now().as_secs()
}
