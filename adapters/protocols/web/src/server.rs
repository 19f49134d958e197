//! What the server tells of itself.

use std::fmt::Write;

use hyper::StatusCode;
use metric_proto::Store;

use crate::exposition::Exposition;
use crate::refusal::quote;
use crate::route::{Reply, text};
use crate::selection::now;
use crate::web::{Backend, Web};

/// `GET /v1/info`
pub(crate) fn info<B: Backend>(web: &Web<B>) -> Reply {
    let (settings, counters) = (&web.settings, web.backend.store().counters());
    let (name, version) = settings.program;
    let mut json = String::from("{\"name\": ");
    quote(&mut json, name);
    json.push_str(", \"version\": ");
    quote(&mut json, version);
    let mut trouble = String::new();
    match web.backend.trouble() {
        Some(text) => quote(&mut trouble, &text),
        None => trouble.push_str("null"),
    }
    // Writing to a string does not fail.
    let _ = writeln!(
        json,
        ", \"unit\": \"{}\", \"now\": {}, \"series\": {}, \"samples\": {}, \"delete\": {}, \"native\": {}, \"trouble\": {}}}",
        settings.unit,
        now(settings.unit),
        counters.series,
        counters.samples,
        settings.allow_delete,
        settings.native,
        trouble,
    );
    text("application/json", json)
}

/// `GET /healthz`: whoever asks whether to start the server again. A full disk is no reason for that.
pub(crate) fn health() -> Reply {
    text("text/plain; charset=utf-8", "ok\n".into())
}

/// `GET /readyz`: whoever asks whether to send samples here.
pub(crate) fn readiness<B: Backend>(web: &Web<B>) -> Reply {
    match web.backend.trouble() {
        None => health(),
        Some(trouble) => {
            let mut reply = text("text/plain; charset=utf-8", trouble + "\n");
            *reply.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            reply
        }
    }
}

/// `GET /metrics`
pub(crate) fn metrics<B: Backend>(web: &Web<B>) -> Reply {
    let mut exposition = Exposition::default();
    web.backend.metrics(&mut exposition);
    let counters = web.counters();
    exposition.counter("metric_http_requests_total", "HTTP requests.", counters.requests());
    let refused = counters.refused().map(|(status, _, count)| (status, count));
    let help = "HTTP requests that were refused, by status.";
    exposition.counters("metric_http_requests_refused_total", help, "status", refused);
    let help = "Queries that ended early, by the budget they were over or the cause.";
    exposition.counters("metric_http_queries_failed_total", help, "cause", counters.failures());
    web.metrics(&mut exposition);
    text("text/plain; version=0.0.4; charset=utf-8", exposition.into_text())
}
