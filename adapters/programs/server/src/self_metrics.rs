//! The server's own counters as series, as the boards keep theirs.

use std::future::poll_fn;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use metric_proto::{Key, Refused, Sample, Store};
use metric_web::Backend;

use crate::service::Server;

/// The time between two samples.
const PERIOD: Duration = Duration::from_secs(10);

/// Keeps a server's counters as series.
pub(crate) struct SelfMetrics {
    began: Instant,
    due: Instant,
}

impl SelfMetrics {
    pub(crate) fn new() -> Self {
        let now = Instant::now();
        Self { began: now, due: now }
    }

    /// Stores a sample of each counter, unless it did a short time ago. `now` is the time in the unit
    /// of the server.
    pub(crate) fn look(&mut self, server: &Server, now: i64) {
        if Instant::now() < self.due {
            return;
        }
        self.due = Instant::now() + PERIOD;
        let mut store = Backend::store(server);
        for (name, value) in self.measure(server) {
            put(&mut store, &format!("metric.{name}"), value, now);
        }
        // What is lost is counted by the store.
        let _ = block_on(poll_fn(|context| store.poll_ready(context)));
    }

    fn measure(&self, server: &Server) -> Vec<(&'static str, f64)> {
        let (counters, store) = (server.handle.counters(), server.store.counters());
        let refused = store.refused() + server.store.disk_counters().unavailable;
        let forgotten = server.forgotten.load(Relaxed) + server.store.disk_counters().forgotten;
        let mut metrics = vec![
            ("uptime", self.began.elapsed().as_secs_f64().floor()),
            ("open", counters.open as f64),
            ("connections", counters.accepted as f64),
            ("requests", counters.requests as f64),
            ("wrong_commands", counters.wrong_commands as f64),
            ("refused", refused as f64),
            ("evicted", store.evicted as f64),
            ("forgotten", forgotten as f64),
            ("series", store.series as f64),
            ("samples", store.samples as f64),
        ];
        metrics.extend(server.store.bytes().map(|bytes| ("disk_bytes", bytes as f64)));
        metrics
    }
}

/// Puts a sample, once the store has room for it.
fn put(store: &mut impl Store, key: &str, value: f64, now: i64) {
    let (Ok(key), Ok(sample)) = (Key::new(key), Sample::new(value, now)) else { return };
    while store.put(key, sample) == Err(Refused::NotYet) {
        if block_on(poll_fn(|context| store.poll_ready(context))).is_err() {
            return;
        }
    }
}
