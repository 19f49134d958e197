//! What answers the connections of a server.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use metric_proto::StoreCounters;
use metric_tcp::{ServerHandle, Settings};
use metric_web::{Backend, Exposition, Web};

use crate::doors::Doors;
use crate::kept::{Kept, KeptHandle};

/// What answers the connections of a server. Clones answer for the same server.
#[derive(Clone, Debug)]
pub struct Service(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    settings: Settings,
    web: Arc<Web<Server>>,
}

impl Service {
    pub(crate) fn new(settings: Settings, web: Arc<Web<Server>>) -> Self {
        Self(Arc::new(Inner { settings, web }))
    }

    /// Returns the settings of the native protocol.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Returns the HTTP side.
    pub(crate) fn web(&self) -> &Arc<Web<Server>> {
        &self.0.web
    }

    pub(crate) fn store(&self) -> &Kept {
        &self.0.web.backend().store
    }

    pub(crate) fn doors(&self) -> &Doors {
        &self.0.web.backend().doors
    }
}

/// The server as HTTP sees it.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    pub(crate) store: Kept,
    pub(crate) handle: ServerHandle,
    /// Series that were forgotten, besides those that the store counts.
    pub(crate) forgotten: Arc<AtomicU64>,
    pub(crate) doors: Doors,
}

impl Backend for Server {
    type Store = KeptHandle;

    fn store(&self) -> KeptHandle {
        self.store.handle()
    }

    fn metrics(&self, to: &mut Exposition) {
        self.connections(to);
        self.samples(to, &self.store.counters());
        self.disk(to);
        #[cfg(feature = "engine")]
        self.engine(to);
        self.doors(to);
        self.overruns(to);
    }

    fn trouble(&self) -> Option<String> {
        match (self.handle.is_stopping(), self.store.is_refusing()) {
            (true, _) => Some("the server stops".to_owned()),
            (false, true) => {
                Some("the server cannot write its samples; its log says why".to_owned())
            }
            (false, false) => None,
        }
    }
}

impl Server {
    fn connections(&self, to: &mut Exposition) {
        let server = self.handle.counters();
        to.gauge("metric_connections_open", "Open connections, HTTP included.", server.open);
        to.counter("metric_connections_total", "Accepted connections.", server.accepted);
        let ended =
            [("broken", server.broken), ("timed_out", server.timed_out), ("cut", server.cut)];
        let help = "Connections that did not end in order, by cause.";
        to.counters("metric_connections_failed_total", help, "cause", ended);
        to.counter("metric_requests_total", "Requests of the native protocol.", server.requests);
        let wrong =
            [("malformed", server.wrong_commands - server.too_long), ("too_long", server.too_long)];
        let help = "Wrong commands of the native protocol, by cause.";
        to.counters("metric_wrong_commands_total", help, "cause", wrong);
        let help = "Times that accepting failed for lack of resources.";
        to.counter("metric_accept_failures_total", help, server.accept_failures);
    }

    fn samples(&self, to: &mut Exposition, store: &StoreCounters) {
        to.gauge("metric_series", "Series that are stored.", store.series);
        to.gauge("metric_samples", "Samples that are stored.", store.samples);
        let help = "Samples that gave way to newer ones.";
        to.counter("metric_samples_evicted_total", help, store.evicted);
        let refused = [
            ("table_full", store.table_full),
            ("too_old", store.too_old),
            ("key_too_long", store.key_too_long),
            ("unavailable", self.store.disk_counters().unavailable),
        ];
        to.counters("metric_puts_refused_total", "Refused samples, by cause.", "cause", refused);
        let forgotten = self.forgotten.load(Relaxed) + self.store.disk_counters().forgotten;
        let help = "Series forgotten because they got nothing for too long.";
        to.counter("metric_series_forgotten_total", help, forgotten);
    }

    #[cfg(feature = "engine")]
    fn engine(&self, to: &mut Exposition) {
        let Some(engine) = self.store.engine_counters() else { return };
        let outcomes =
            [("stored", engine.stored), ("refused", engine.refused), ("unknown", engine.unknown)];
        let help = "Samples given to the engine, by what became of them.";
        to.counters("metric_engine_samples_total", help, "outcome", outcomes);
        let help = "Requests to the engine that were sent again.";
        to.counter("metric_engine_retries_total", help, engine.retried);
        let help = "Samples that this server has sealed in the engine.";
        to.counter("metric_engine_sealed_total", help, engine.sealed);
        let help = "Times that sealing was given up, since another server changed the series.";
        to.counter("metric_engine_seals_given_up_total", help, engine.raced);
        let help = "Runs and fields in the engine that are no samples.";
        to.counter("metric_engine_damaged_total", help, engine.damaged);
    }

    fn doors(&self, to: &mut Exposition) {
        for (name, door) in self.doors.counters() {
            let metric = |rest| format!("metric_{name}_{rest}");
            let help = "Samples that came in by this protocol and are stored.";
            to.counter(&metric("samples_total"), help, door.stored());
            let help = "Samples that the store refused.";
            to.counter(&metric("refused_total"), help, door.refused());
            let help = "What was not stored for a fault of its own, by cause.";
            let faults = door.faults().map(|(fault, count)| (fault.as_str(), count));
            to.counters(&metric("faults_total"), help, "cause", faults);
        }
    }

    fn overruns(&self, to: &mut Exposition) {
        if !self.doors.sockets().is_empty() {
            let help =
                "Datagrams that came faster than they were read, so the kernel dropped them.";
            to.counter("metric_graphite_datagrams_dropped_total", help, self.doors.overruns());
        }
    }

    fn disk(&self, to: &mut Exposition) {
        let (Some(bytes), disk) = (self.store.bytes(), self.store.disk_counters()) else { return };
        to.gauge("metric_disk_bytes", "Bytes that the files of the store take.", bytes);
        let help = "Samples removed by a bound on bytes or age.";
        to.counter("metric_samples_expired_total", help, disk.expired);
        let help = "Samples lost because they are damaged on the disk.";
        to.counter("metric_samples_damaged_total", help, disk.damaged);
    }
}
