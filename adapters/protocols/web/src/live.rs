//! `GET /v1/live`: new samples as server-sent events.

use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;

use futures_lite::stream::unfold;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response};
use metric_proto::{Key, Position, Query, Scan, Series, Store, Summary};
use metric_query::Times;

use crate::body::Content;
use crate::failure::Failure;
use crate::parameters::Parameters;
use crate::phase::Phase;
use crate::refusal::{Refusal, quote};
use crate::route::Reply;
use crate::search::search;
use crate::selection::{Selection, now, selection, style};
use crate::web::{Backend, Web};

/// The most series of a stream.
const SERIES: usize = 1_000;

/// The most samples of a series in an event: the newest ones.
const SAMPLES: usize = 1_000;

/// How often new samples are looked for.
const PERIOD: Duration = Duration::from_secs(1);

/// After how many silent periods a comment is sent, so that both sides notice a dead connection.
const SILENCE: u32 = 15;

/// A stream of events.
struct Live<B: Backend> {
    web: Arc<Web<B>>,
    phase: Arc<Phase>,
    store: B::Store,
    selection: Selection,
    times: Times,
    /// The newest timestamp that was shown, of each series.
    shown: HashMap<String, i64>,
    silence: u32,
}

/// Begins a stream. The first event shows the newest sample of each series.
pub(crate) async fn live<B: Backend>(
    head: &Parts,
    web: &Arc<Web<B>>,
    phase: &Arc<Phase>,
) -> Result<Reply, Refusal> {
    let parameters = Parameters::read(&head.uri, &["match", "key", "times"])?;
    let mut live = Live {
        web: Arc::clone(web),
        phase: Arc::clone(phase),
        store: web.backend.store(),
        selection: selection(&parameters)?,
        times: style(&parameters, &head.headers)?.times,
        shown: HashMap::new(),
        silence: 0,
    };
    let first = live.event().await?.unwrap_or_else(|| live.samples(&[]));
    let state = Some((live, Some(first)));
    let events = unfold(state, async |state| {
        let (mut live, first) = state?;
        match first {
            Some(first) => Some((Ok(first), Some((live, None)))),
            None => match live.next().await? {
                Ok(event) => Some((Ok(event), Some((live, None)))),
                Err(failure) => Some((Err(io::Error::other(failure)), None)),
            },
        }
    });
    let mut reply = Response::new(match head.method {
        Method::HEAD => Content::Whole(Bytes::new()),
        _ => Content::Pieces(Box::pin(events)),
    });
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    Ok(reply)
}

impl<B: Backend> Live<B> {
    /// Waits for something to send; `None` once the server stops.
    async fn next(&mut self) -> Option<Result<Bytes, Failure>> {
        loop {
            (self.web.sleep)(PERIOD).await;
            if self.phase.is_stopping() {
                return None;
            }
            self.silence += 1;
            match self.event().await.transpose() {
                Some(event) => return Some(event),
                None if self.silence >= SILENCE => {
                    self.silence = 0;
                    return Some(Ok(Bytes::from_static(b":\n\n")));
                }
                None => {}
            }
        }
    }

    /// Returns an event with the samples that are new, if there are any.
    async fn event(&mut self) -> Result<Option<Bytes>, Failure> {
        let found = search(&self.web, &mut self.store, &self.selection, SERIES).await?;
        let mut series = Vec::new();
        for (key, summary) in found {
            let samples = self.new_samples(&key, &summary).await?;
            if let Some(&(newest, _)) = samples.last() {
                series.push(self.series(&key, &samples));
                self.shown.insert(key, newest);
            }
        }
        if series.is_empty() {
            return Ok(None);
        }
        self.silence = 0;
        Ok(Some(self.samples(&series)))
    }

    /// Returns the samples of a series that are newer than the newest one shown; the first time, the
    /// newest.
    async fn new_samples(
        &mut self,
        key: &str,
        summary: &Summary,
    ) -> Result<Vec<(i64, f64)>, Failure> {
        let last = (summary.last.timestamp(), summary.last.value());
        let since = match self.shown.get(key) {
            None => return Ok(vec![last]),
            Some(&shown) if shown >= last.0 => return Ok(Vec::new()),
            Some(&shown) => shown + 1,
        };
        let Ok(key) = Key::new(key) else { return Ok(Vec::new()) };
        let query = Query { series: Series::Key(key), since, until: i64::MAX, newest: SAMPLES };
        let (mut samples, mut from) = (Vec::new(), Position::START);
        loop {
            let scan = self.store.scan(&query, from, |_, sample| {
                samples.push((sample.timestamp(), sample.value()));
                if samples.len() < SAMPLES { Continue(()) } else { Break(()) }
            });
            match scan {
                Scan::Done | Scan::Stopped(_) => return Ok(samples),
                Scan::Refused => return Err(self.web.failed(Failure::Unavailable)),
                Scan::NotYet(position) => {
                    from = position;
                    self.web.ready(&mut self.store).await?;
                }
            }
        }
    }

    /// Returns a series as JSON.
    fn series(&self, key: &str, samples: &[(i64, f64)]) -> String {
        let mut json = String::from("{\"key\": ");
        quote(&mut json, key);
        let mark = if self.times == Times::Text { "\"" } else { "" };
        let samples: Vec<_> = samples
            .iter()
            .map(|(time, value)| format!("[{mark}{time}{mark}, {value:?}]"))
            .collect();
        json + ", \"samples\": [" + &samples.join(", ") + "]}"
    }

    /// Returns an event with these series.
    fn samples(&self, series: &[String]) -> Bytes {
        let (now, series) = (now(self.web.settings.unit), series.join(", "));
        let mark = if self.times == Times::Text { "\"" } else { "" };
        let data = format!("{{\"now\": {mark}{now}{mark}, \"series\": [{series}]}}");
        format!("event: samples\ndata: {data}\n\n").into()
    }
}
