//! `GET /v1/live`: new samples as server-sent events.

use std::collections::BTreeMap;
use std::io;
use std::ops::ControlFlow::{Break, Continue};
use std::sync::Arc;
use std::time::Duration;
use std::vec;

use futures_lite::stream::unfold;
use hyper::body::Bytes;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response};
use metric_proto::{Key, Position, Query, Request, Scan, Selector, Series, Store, Summary};
use metric_query::{Search, Times};

use crate::body::Content;
use crate::failure::Failure;
use crate::parameters::Parameters;
use crate::phase::Phase;
use crate::refusal::{Refusal, quote};
use crate::route::Reply;
use crate::search::go_on;
use crate::selection::{KEY, OF_SAMPLES, Selection, now, selection, style};
use crate::web::{Backend, Web};

/// The most series of a stream.
const SERIES: usize = 1_000;

/// The most samples of a series in an event: the newest ones.
const SAMPLES: usize = 1_000;

/// How long an event may be in bytes before the rest of the series comes in a further one, so that a
/// reader that takes nothing costs no more.
const EVENT: usize = 32 * 1024;

/// How many steps are done before others have a turn: a sample is one, and so is a look at a series.
const TURN: usize = 2_000;

/// For how many turns further series are looked for each time: a turn is up to 32 keys.
const SEARCH: usize = 160;

/// How often new samples are looked for.
const PERIOD: Duration = Duration::from_secs(1);

/// After how many silent periods a comment is sent, so that both sides notice a dead connection.
const SILENCE: u32 = 15;

/// A stream of events.
struct Live<B: Backend> {
    web: Arc<Web<B>>,
    phase: Arc<Phase>,
    store: B::Store,
    /// Looks for further series.
    search: Search<Selection, KEY>,
    times: Times,
    /// The newest timestamp that was shown, of each series that is known.
    shown: BTreeMap<String, Option<i64>>,
    /// The series of this round that were not looked at yet.
    round: vec::IntoIter<String>,
    silence: u32,
    /// Steps since others had a turn.
    steps: usize,
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
        search: Search::new(selection(&parameters)?),
        times: style(&parameters, &head.headers, OF_SAMPLES)?.times,
        shown: BTreeMap::new(),
        round: Vec::new().into_iter(),
        silence: 0,
        steps: 0,
    };
    live.look(usize::MAX).await?;
    let first = live.event().await?.unwrap_or_else(|| live.samples(""));
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
            if self.round.as_slice().is_empty() {
                (self.web.sleep)(PERIOD).await;
                if self.phase.is_stopping() {
                    return None;
                }
                self.silence += 1;
                if let Err(failure) = self.look(SEARCH).await {
                    return Some(Err(failure));
                }
            }
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

    /// Begins a round: looks for further series for some turns.
    async fn look(&mut self, turns: usize) -> Result<(), Failure> {
        let Self { web, store, search, shown, .. } = self;
        let mut visit = |key: Key<'_>, _| {
            if !shown.contains_key(key.as_str()) {
                shown.insert(key.as_str().to_owned(), None);
            }
            shown.len()
        };
        for _ in 0..turns {
            if go_on(web, store, search, SERIES, &mut visit).await? {
                search.restart();
                break;
            }
        }
        self.round = self.shown.keys().cloned().collect::<Vec<_>>().into_iter();
        Ok(())
    }

    /// Returns an event with the samples that are new, if there are any.
    async fn event(&mut self) -> Result<Option<Bytes>, Failure> {
        let mut series = String::new();
        while series.len() < EVENT {
            let Some(key) = self.round.next() else { break };
            let samples = self.new_samples(&key).await?;
            if let Some((newest, _)) = samples.last() {
                series.push_str(if series.is_empty() { "" } else { ", " });
                self.write(&mut series, &key, &samples);
                self.shown.insert(key, Some(*newest));
            }
            self.pause(samples.len() + 1).await;
        }
        if series.is_empty() {
            return Ok(None);
        }
        self.silence = 0;
        Ok(Some(self.samples(&series)))
    }

    /// Lets others have a turn after some steps.
    async fn pause(&mut self, steps: usize) {
        self.steps += steps;
        if self.steps >= TURN {
            self.steps = 0;
            self.web.turn(|| ()).await;
        }
    }

    /// Returns what there is of a series; `None` if there is no such series.
    async fn summary(&mut self, key: Key<'_>) -> Result<Option<Summary>, Failure> {
        loop {
            let mut found = None;
            let scan = self.store.series(key.as_bytes(), |other, summary| {
                found = (other == key).then_some(summary);
                Break(())
            });
            match scan {
                Scan::Done | Scan::Stopped(_) => return Ok(found),
                Scan::NotYet(_) => self.web.ready(&mut self.store).await?,
                Scan::Refused => return Err(self.web.failed(Failure::Unavailable)),
            }
        }
    }

    /// Returns the samples of a series that are newer than the newest one shown; the first time, the
    /// newest. A series that is gone is no longer known.
    async fn new_samples(&mut self, name: &str) -> Result<Vec<(i64, f64)>, Failure> {
        let Ok(key) = Key::new(name) else { return Ok(Vec::new()) };
        let Some(summary) = self.summary(key).await? else {
            self.shown.remove(name);
            return Ok(Vec::new());
        };
        let last = (summary.last.timestamp(), summary.last.value());
        let since = match self.shown.get(name).copied().flatten() {
            Some(shown) if shown == last.0 => return Ok(Vec::new()),
            Some(shown) if shown < last.0 => shown + 1,
            // It is new, or was deleted and came back.
            _ => return Ok(vec![last]),
        };
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
                    self.store.want(Request::Get(Selector::Key(key)), from);
                    self.web.ready(&mut self.store).await?;
                }
            }
        }
    }

    /// Writes a series as JSON.
    fn write(&self, json: &mut String, key: &str, samples: &[(i64, f64)]) {
        json.push_str("{\"key\": ");
        quote(json, key);
        let mark = self.mark();
        let samples: Vec<_> = samples
            .iter()
            .map(|(time, value)| format!("[{mark}{time}{mark}, {value:?}]"))
            .collect();
        json.push_str(", \"samples\": [");
        json.push_str(&samples.join(", "));
        json.push_str("]}");
    }

    /// Returns an event with these series.
    fn samples(&self, series: &str) -> Bytes {
        let (now, mark) = (now(self.web.settings.unit), self.mark());
        let data = format!("{{\"now\": {mark}{now}{mark}, \"series\": [{series}]}}");
        format!("event: samples\ndata: {data}\n\n").into()
    }

    /// Returns what stands before and behind a time.
    fn mark(&self) -> &'static str {
        if self.times == Times::Text { "\"" } else { "" }
    }
}
