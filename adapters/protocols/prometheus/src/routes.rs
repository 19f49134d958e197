//! The paths of Prometheus.

use std::future::ready;
use std::sync::Arc;

use metric_web::{
    Answering, Asked, Backend, Exposition, Memory, Refusal, Reply, Routes, StatusCode, Web, whole,
};

use crate::federate::federate;
use crate::json::{error_type, quote};
use crate::names::{label_names, label_values, series};
use crate::outcome::Counters;
use crate::read::read;
use crate::receive::receive;

/// The paths that Prometheus, and those who ask it, use.
#[derive(Debug, Default)]
pub struct Prometheus(Shared);

/// What all requests share.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub(crate) counters: Counters,
    /// What bodies, replies and what is found for them may take together. The longest body takes
    /// 42 MiB with what is sent of it.
    pub(crate) memory: Memory,
}

/// Returns the label whose values a path names.
fn label(path: &str) -> Option<&str> {
    path.strip_prefix("/api/v1/label/")?.strip_suffix("/values").filter(|name| !name.contains('/'))
}

/// Tells where to go instead of a path that Prometheus or a server like it has, and this one has not.
fn missing(path: &str) -> Option<Refusal> {
    let advice = match path {
        "/write" | "/push" | "/api/v1/push" | "/api/prom/push" => {
            "remote write is POST /api/v1/write"
        }
        "/read" | "/api/prom/read" => "remote read is POST /api/v1/read",
        "/api/v1/query" | "/api/v1/query_range" => {
            "there is no PromQL here: ask a Prometheus that reads this server by remote read"
        }
        _ if label(path).is_none() && path.starts_with("/api/v1/") => {
            "/api/v1 has write, read, labels, label/NAME/values, series, status/buildinfo and metadata"
        }
        _ => return None,
    };
    Some(Refusal::new(StatusCode::NOT_FOUND, "path", format!("there is no {path}"), advice))
}

/// The version of Prometheus whose API this is, as far as it is there. Clients choose by it how they
/// ask.
const VERSION: &str = "2.42.0";

fn build_info((program, version): (&str, &str)) -> Reply {
    success(&format!(
        "{{\"version\":\"{VERSION}\",\"revision\":\"{program} {version}\",\"branch\":\"\",\
         \"buildUser\":\"\",\"buildDate\":\"\",\"goVersion\":\"\"}}"
    ))
}

fn success(data: &str) -> Reply {
    whole("application/json", format!("{{\"status\":\"success\",\"data\":{data}}}\n"))
}

impl<B: Backend> Routes<B> for Prometheus {
    fn methods(&self, path: &str) -> Option<&'static str> {
        match path {
            "/api/v1/write" | "/api/v1/read" => Some("POST"),
            "/federate" | "/api/v1/status/buildinfo" | "/api/v1/metadata" => Some("GET, HEAD"),
            "/api/v1/labels" | "/api/v1/series" => Some("GET, HEAD, POST"),
            _ if label(path).is_some() => Some("GET, HEAD"),
            _ => missing(path).map(|_| "GET, HEAD, POST"),
        }
    }

    fn answer<'a>(&'a self, asked: Asked<'a>, web: &'a Arc<Web<B>>) -> Answering<'a> {
        match asked.path() {
            "/api/v1/write" => Box::pin(receive(asked, web, &self.0)),
            "/api/v1/read" => Box::pin(read(asked, web, &self.0)),
            "/federate" => Box::pin(federate(asked, web)),
            "/api/v1/labels" => Box::pin(label_names(asked, web, &self.0)),
            "/api/v1/series" => Box::pin(series(asked, web, &self.0)),
            "/api/v1/status/buildinfo" => Box::pin(ready(Ok(build_info(web.settings().program)))),
            "/api/v1/metadata" => Box::pin(ready(Ok(success("{}")))),
            path => match (label(path), missing(path)) {
                (None, Some(refusal)) => Box::pin(ready(Err(refusal))),
                (name, _) => {
                    Box::pin(label_values(asked, web, (name.unwrap_or_default(), &self.0)))
                }
            },
        }
    }

    fn refused(&self, refusal: &Refusal) -> Reply {
        let error = format!("{}: {}; {}", refusal.place, refusal.error, refusal.advice);
        let mut json = String::from("{\"status\":\"error\",\"errorType\":");
        quote(&mut json, error_type(refusal.status));
        json.push_str(",\"error\":");
        quote(&mut json, &error);
        json.push_str("}\n");
        let mut reply = whole("application/json", json);
        *reply.status_mut() = refusal.status;
        reply
    }

    fn metrics(&self, exposition: &mut Exposition) {
        self.0.counters.metrics(exposition);
    }

    fn warnings(&self) -> Vec<String> {
        self.0.counters.warnings()
    }

    fn summary(&self) -> Option<String> {
        self.0.counters.summary()
    }
}
