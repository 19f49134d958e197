//! What a server says of itself in the log.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use metric_disk::DiskCounters;
use metric_proto::{LONGEST_KEY, Limits, Refused, StoreCounters};
use metric_tcp::ServerCounters;
use metric_web::{Backend, Web};

use crate::door_report::DoorReport;
use crate::forget::Forgetting;
use crate::options::Options;
use crate::run::{Place, Program};
use crate::self_metrics::SelfMetrics;
use crate::service::Server;
use crate::wrong_unit::WrongUnit;

/// Logs what starts, with its bounds, and where samples are kept. Warns if others than this machine
/// can connect.
pub(crate) fn log_start(program: Program, options: &Options, places: &[Place]) {
    let Program { name, version } = program;
    log::info!("{name} {version}: {}", options.bounds());
    match options.data.place() {
        #[cfg(feature = "engine")]
        None if options.engine.is_given() => log::info!("samples are in {}", options.engine),
        Some(place) => log::info!("samples are kept in {place:?}"),
        None => {
            log::info!("samples are in memory only and end with the server; --data DIR keeps them");
        }
    }
    let open: Vec<_> = places.iter().filter(|place| is_open(&place.address)).collect();
    let Some(first) = open.first() else { return };
    let (option, port) = (first.protocol.option(), first.address.port());
    let open: Vec<_> = open.iter().map(|place| place.address.to_string()).collect();
    log::warn!(
        "anyone in the network can read and write everything at {}; \
         `{option} 127.0.0.1:{port}` closes it",
        open.join(" and ")
    );
}

/// Whether other machines may connect to an address.
fn is_open(address: &SocketAddr) -> bool {
    !address.ip().to_canonical().is_loopback()
}

/// Watches a server's counters.
pub(crate) struct Report {
    web: Arc<Web<Server>>,
    limits: Limits,
    forgetting: Forgetting,
    self_metrics: Option<SelfMetrics>,
    doors: DoorReport,
    wrong_unit: WrongUnit,
    /// What the log has been told.
    told: Counters,
    told_http: Http,
}

/// What HTTP has refused.
struct Http {
    /// Requests that called the server by a name that it does not know.
    calls: u64,
    refused: Vec<(u16, &'static str, u64)>,
}

#[derive(Clone, Copy, Default)]
struct Counters {
    store: StoreCounters,
    disk: DiskCounters,
    /// Series that were forgotten.
    forgotten: u64,
    server: ServerCounters,
}

impl Report {
    /// Begins to watch a server.
    pub(crate) fn new(web: Arc<Web<Server>>, limits: Limits, options: &Options) -> Self {
        let server = web.backend();
        let forgetting = Forgetting::new(options.data.forget, Arc::clone(&server.forgotten));
        let self_metrics = options.self_metrics.then(SelfMetrics::new);
        let refused = web.counters().refused().collect();
        let told_http = Http { calls: 0, refused };
        let (doors, told) = (DoorReport::new(&server.doors), Counters::default());
        let wrong_unit = WrongUnit::new(options.http.unit());
        Self { web, limits, forgetting, self_metrics, doors, wrong_unit, told, told_http }
    }

    /// Does what is due: has silent series forgotten, and stores the server's own metrics.
    pub(crate) fn tend(&mut self) {
        self.forgetting.look(&self.web.backend().store);
        if let Some(metrics) = &mut self.self_metrics {
            metrics.look(self.web.backend(), self.web.now());
        }
    }

    /// Logs how much was refused since the last time, a line for each cause. Of a disk that cannot be
    /// written, the store tells.
    pub(crate) fn log_refusals(&mut self) {
        let now = self.counters();
        let limits = self.limits;
        let causes = now.causes(limits).into_iter().zip(self.told.causes(limits));
        for ((cause, count), (_, told)) in causes {
            let new = count - told;
            if new > 0 {
                log::warn!("{cause} ({new} times)");
            }
        }
        self.log_http();
        self.doors.log_faults();
        self.web.warnings().into_iter().for_each(|warning| log::warn!("{warning}"));
        let store = Backend::store(self.web.backend());
        self.wrong_unit.look(&store).into_iter().for_each(|doubt| log::warn!("{doubt}"));
        if now.server.accept_failures > self.told.server.accept_failures {
            let error = now.server.accept_error.map(|error| error.to_string());
            log::warn!("accepting fails, so connections wait: {}", error.unwrap_or_default());
        }
        self.told = now;
    }

    /// Logs what HTTP refused since the last time, and the way out where there is one.
    fn log_http(&mut self) {
        let counters = self.web.counters();
        let (name, calls) = counters.wrong_host();
        if calls > self.told_http.calls {
            let new = calls - self.told_http.calls;
            log::warn!(
                "HTTP request refused: it called this server '{name}'; --host {name} allows it ({new} times)"
            );
        }
        let refused: Vec<_> = counters.refused().collect();
        for ((status, cause, count), (_, _, told)) in refused.iter().zip(&self.told_http.refused) {
            // Those that called it wrongly are told above.
            let named = if *status == 403 { calls - self.told_http.calls } else { 0 };
            let new = (count - told).saturating_sub(named);
            if new == 0 {
                continue;
            }
            let case = counters.take_case(*status).map(|case| format!(", such as {case}"));
            let case = case.unwrap_or_default();
            log::warn!("HTTP request refused: {cause} (status {status}, {new} times){case}");
        }
        self.told_http = Http { calls, refused };
    }

    pub(crate) fn log_counters(&self) {
        let Counters { store, disk, forgotten, server } = self.counters();
        log::info!(
            "connections: {} open, {} in all, {} broken, {} timed out; \
             requests: {}; wrong commands: {}, of them too long: {}; \
             samples: {}, refused: {}, evicted: {}; series: {}, forgotten: {forgotten}",
            server.open,
            server.accepted,
            server.broken,
            server.timed_out,
            server.requests,
            server.wrong_commands,
            server.too_long,
            store.samples,
            store.refused() + disk.unavailable,
            store.evicted,
            store.series,
        );
        #[cfg(feature = "engine")]
        if let Some(engine) = self.web.backend().store.engine_counters() {
            log::info!(
                "engine: {} samples stored, {} refused, {} unknown; {} requests sent again; \
                 {} samples sealed, {} times given up for another server; damaged: {}",
                engine.stored,
                engine.refused,
                engine.unknown,
                engine.retried,
                engine.sealed,
                engine.raced,
                engine.damaged,
            );
        }
        self.doors.log_counters();
        self.web.summaries().into_iter().for_each(|summary| log::info!("{summary}"));
        if let Some(bytes) = self.web.backend().store.bytes() {
            log::info!(
                "disk: {bytes} bytes; samples expired: {}, damaged: {}; puts not written: {}",
                disk.expired,
                disk.damaged,
                disk.unavailable,
            );
        }
    }

    pub(crate) fn log_end(&mut self) {
        self.log_refusals();
        self.log_counters();
        match self.web.backend().handle.counters().cut {
            0 => log::info!("stopped; no connection was cut"),
            cut => log::warn!("stopped; connections cut: {cut}"),
        }
    }

    fn counters(&self) -> Counters {
        let Server { store, handle, forgotten, .. } = self.web.backend();
        let disk = store.disk_counters();
        Counters {
            store: store.counters(),
            disk,
            forgotten: forgotten.load(Relaxed) + disk.forgotten,
            server: handle.counters(),
        }
    }
}

impl Counters {
    fn causes(&self, limits: Limits) -> [(String, u64); 9] {
        let refused = |why: Refused| format!("put refused: {why}");
        let ServerCounters { wrong_commands, too_long, .. } = self.server;
        [
            ("wrong command".to_owned(), wrong_commands - too_long),
            (format!("request refused: {}", excess(limits)), too_long),
            (
                refused(Refused::TableFull) + "; --max-series and --max-memory bound them",
                self.store.table_full,
            ),
            (refused(Refused::TooOld), self.store.too_old),
            (refused(Refused::KeyTooLong), self.store.key_too_long),
            (
                "sample evicted from a full series, or to make room in memory".to_owned(),
                self.store.evicted,
            ),
            ("sample removed by a bound on bytes, age or silence".to_owned(), self.disk.expired),
            ("series forgotten, it got nothing for too long".to_owned(), self.forgotten),
            ("sample lost, it is damaged on the disk".to_owned(), self.disk.damaged),
        ]
    }
}

/// What a request that is too long was longer than, and the way out.
fn excess(limits: Limits) -> String {
    let (key, line) = (limits.key(), limits.line());
    let advice = if key < LONGEST_KEY {
        format!("--max-key allows keys of up to {LONGEST_KEY}")
    } else {
        "no server takes longer keys".to_owned()
    };
    format!("a key of more than {key} bytes or a line of more than {line}; {advice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_is_too_long_is_told_with_the_way_out() {
        assert_eq!(
            excess(Limits::DESKTOP),
            "a key of more than 255 bytes or a line of more than 640; \
             --max-key allows keys of up to 1000"
        );
        assert_eq!(
            excess(Limits::WIDEST),
            "a key of more than 1000 bytes or a line of more than 1385; \
             no server takes longer keys"
        );
    }

    #[test]
    fn what_is_not_loopback_is_open_to_others() {
        let is_open = |text: &str| is_open(&text.parse().unwrap());
        for closed in ["127.0.0.1:1", "127.8.8.8:1", "[::1]:1", "[::ffff:127.0.0.1]:1"] {
            assert!(!is_open(closed), "{closed}");
        }
        for open in ["0.0.0.0:1", "[::]:1", "192.168.0.1:1", "[fe80::1%1]:1", "[::ffff:0.0.0.0]:1"]
        {
            assert!(is_open(open), "{open}");
        }
    }
}
