//! The paths of Prometheus.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering::Relaxed;

use metric_web::{Answering, Asked, Backend, Exposition, Refusal, Reply, Routes, Web};

use crate::json::{error_type, quote};
use crate::memory::Memory;
use crate::outcome::Counters;
use crate::receive::receive;

/// The paths that Prometheus, and those who ask it, use.
#[derive(Debug)]
pub struct Prometheus(Shared);

/// What all requests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) counters: Counters,
    pub(crate) memory: Memory,
    /// Whether it was said that a key is too long.
    said_too_long: AtomicBool,
}

/// How much memory bodies and replies take together. The longest body takes 42 MiB with what is sent
/// of it.
const MEMORY: usize = 64 << 20;

impl Default for Prometheus {
    fn default() -> Self {
        Self(Shared {
            counters: Counters::default(),
            memory: Memory::new(MEMORY),
            said_too_long: false.into(),
        })
    }
}

impl Shared {
    /// Says once that a series cannot be stored, and what to do.
    pub(crate) fn say_too_long(&self, name: Option<(&str, &str)>) {
        if !self.said_too_long.swap(true, Relaxed) {
            let (_, name) = name.unwrap_or_default();
            log::warn!(
                "remote write: the labels of a series {name:?} take more bytes than a key may: leave \
                 some out with `labeldrop` in write_relabel_configs, or start the server with a larger \
                 --max-key; further ones are counted, not logged"
            );
        }
    }
}

impl<B: Backend> Routes<B> for Prometheus {
    fn methods(&self, path: &str) -> Option<&'static str> {
        match path {
            "/api/v1/write" => Some("POST"),
            _ => None,
        }
    }

    fn answer<'a>(&'a self, asked: Asked<'a>, web: &'a Arc<Web<B>>) -> Answering<'a> {
        match asked.path() {
            _ => Box::pin(receive(asked, web, &self.0)),
        }
    }

    fn refused(&self, refusal: &Refusal) -> Reply {
        let error = format!("{}: {}; {}", refusal.place, refusal.error, refusal.advice);
        let mut json = String::from("{\"status\":\"error\",\"errorType\":");
        quote(&mut json, error_type(refusal.status));
        json.push_str(",\"error\":");
        quote(&mut json, &error);
        json.push_str("}\n");
        let mut reply = metric_web::whole("application/json", json);
        *reply.status_mut() = refusal.status;
        reply
    }

    fn metrics(&self, exposition: &mut Exposition) {
        self.0.counters.metrics(exposition);
    }
}
