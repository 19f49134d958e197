//! Graphite's paths over HTTP.

use std::sync::Arc;
use std::time::{Duration, Instant};

use metric_web::{Answering, Asked, Backend, Refusal, Reply, Routes, StatusCode, Web, whole};

use crate::out::attime::zone;
use crate::out::catalogue;
use crate::out::failure::Failure;
use crate::out::fields::Fields;
use crate::out::form::{Csv, Json, Pickle, Raw, Sheet, nodes};
use crate::out::memory::Memory;
use crate::out::query::Host;
use crate::out::render::{Format, render};
use crate::out::{tags, tree};

/// The version of Graphite whose paths these are.
const VERSION: &str = "1.1.10";

/// The most nodes that a search finds.
const NODES: usize = 10_000;

/// How long a query may compute.
const LONGEST: Duration = Duration::from_secs(30);

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// Answers what Grafana and graphite-web ask of a Graphite.
#[derive(Debug, Default)]
pub struct Graphite {
    memory: Memory,
}

impl<B: Backend> Routes<B> for Graphite {
    fn methods(&self, path: &str) -> Option<&'static str> {
        match path.strip_suffix('/').unwrap_or(path) {
            "/render"
            | "/metrics/find"
            | "/metrics/expand"
            | "/metrics/index.json"
            | "/tags/findSeries"
            | "/tags/autoComplete/tags"
            | "/tags/autoComplete/values" => Some("GET, HEAD, POST"),
            "/functions" | "/events/get_data" | "/tags" | "/version" => Some("GET, HEAD"),
            path if name(path, "/functions/").or(name(path, "/tags/")).is_some() => {
                Some("GET, HEAD")
            }
            _ => None,
        }
    }

    fn answer<'a>(&'a self, mut asked: Asked<'a>, web: &'a Arc<Web<B>>) -> Answering<'a> {
        Box::pin(async move {
            let fields = Fields::new(asked.fields().await?);
            let path = asked.path();
            let path = path.strip_suffix('/').unwrap_or(path);
            if path == "/render" {
                return self.render(&asked, web, &fields).await;
            }
            let mut host = WebHost::new(web);
            let host = &mut host;
            let found = match path {
                "/metrics/find" => return found(host, &fields, web).await,
                "/metrics/expand" => tree::expand(host, &fields, NODES).await,
                "/metrics/index.json" => tree::index(host).await,
                "/tags" => tags::all(host, &fields).await,
                "/tags/findSeries" => tags::find(host, &fields, NODES).await,
                "/tags/autoComplete/tags" => tags::complete(host, &fields).await,
                "/tags/autoComplete/values" => tags::complete_values(host, &fields).await,
                "/functions" => Ok(catalogue::catalogue(&fields)),
                "/events/get_data" => Ok("[]".to_owned()),
                "/version" => return Ok(whole(TEXT, VERSION)),
                _ => match (name(path, "/functions/"), name(path, "/tags/")) {
                    (Some(name), _) => Ok(catalogue::entry(name).ok_or_else(|| no_function(name))?),
                    (_, Some(name)) => tags::one(host, &fields, &unquoted(name)).await,
                    _ => unreachable!("methods knows the paths"),
                },
            };
            found.map(|json| whole(JSON, json)).map_err(|failure| refusal(failure, web))
        })
    }

    /// A line of text, which Grafana shows as it is.
    fn refused(&self, refusal: &Refusal) -> Reply {
        let Refusal { error, advice, .. } = refusal;
        let text =
            if advice.is_empty() { format!("{error}\n") } else { format!("{error}; {advice}\n") };
        let mut reply = whole(TEXT, text);
        *reply.status_mut() = refusal.status;
        reply
    }
}

impl Graphite {
    async fn render<B: Backend>(
        &self,
        asked: &Asked<'_>,
        web: &Arc<Web<B>>,
        fields: &Fields,
    ) -> Result<Reply, Refusal> {
        let settings = web.settings();
        let now = web.now().div_euclid(settings.unit.per_second());
        let failed = |failure| refusal(failure, web);
        let context = fields.times(now, settings.unit).map_err(failed)?;
        let format = Format::of(fields).map_err(failed)?;
        let (host, bounds) = (WebHost::new(web), (&self.memory, settings.budget));
        let rendered = render(host, bounds, (fields, format, &context)).await;
        let (series, lease) = rendered.map_err(failed)?;
        match format {
            Format::Json => asked.stream(web, Sheet::new(Json, series, lease), JSON).await,
            Format::Raw => asked.stream(web, Sheet::new(Raw, series, lease), TEXT).await,
            Format::Pickle => asked.stream(web, Sheet::new(Pickle, series, lease), PICKLE).await,
            Format::Csv => {
                let csv = Csv(zone(fields.text("tz")));
                asked.stream(web, Sheet::new(csv, series, lease), "text/csv").await
            }
        }
    }
}

const PICKLE: &str = "application/pickle";

/// Answers `/metrics/find`. Times are not looked at: a series is a node as long as it has samples.
async fn found<B: Backend>(
    host: &mut WebHost<B>,
    fields: &Fields,
    web: &Web<B>,
) -> Result<Reply, Refusal> {
    let failed = |failure| refusal(failure, web);
    let form = tree::Form::of(fields).map_err(failed)?;
    let found = tree::asked(host, (fields, form), NODES).await.map_err(failed)?;
    let per_second = web.settings().unit.per_second();
    Ok(match form {
        tree::Form::Tree => whole(JSON, tree::tree(&found, fields)),
        tree::Form::Completer => whole(JSON, tree::completer(&found)),
        tree::Form::Pickle => {
            whole(PICKLE, nodes(&found, per_second, web.now().div_euclid(per_second)))
        }
    })
}

/// Returns the name behind the beginning of a path, if it is one.
fn name<'a>(path: &'a str, beginning: &str) -> Option<&'a str> {
    path.strip_prefix(beginning).filter(|name| !name.is_empty() && !name.contains('/'))
}

/// Reads the `%XX` of a part of a path. What is none stays as it is.
fn unquoted(part: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(part.len()), part.as_bytes());
    while let [first, behind @ ..] = rest {
        let digit = |at: usize| char::from(*behind.get(at)?).to_digit(16);
        let code = digit(0).zip(digit(1)).filter(|_| *first == b'%');
        bytes.push(code.map_or(*first, |(high, low)| (high * 16 + low) as u8));
        rest = behind.get(if code.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

fn no_function(name: &str) -> Refusal {
    let error = format!("there is no function '{name}' here");
    Refusal::new(StatusCode::NOT_FOUND, "path", error, "/functions lists them")
}

/// Counts and tells why a query has no reply.
fn refusal<B: Backend>(failure: Failure, web: &Web<B>) -> Refusal {
    let text = failure.to_string();
    let counted = match failure {
        Failure::Wrong(_) => return Refusal::parameter("query", text, ""),
        Failure::TooLarge => None,
        Failure::Exceeded(exceeded) => Some(metric_web::Failure::Exceeded(exceeded)),
        Failure::TooSlow => Some(metric_web::Failure::TooSlow),
        Failure::Unavailable => Some(metric_web::Failure::Unavailable),
    };
    let mut refusal = Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "query", text, NARROWER);
    if let Some(failure) = counted {
        refusal.status = Refusal::from(web.failed(failure)).status;
    }
    if refusal.status == StatusCode::SERVICE_UNAVAILABLE {
        refusal.advice = "try again; the server's log tells more".into();
    }
    refusal
}

const NARROWER: &str = "ask for fewer series or a shorter time";

/// Runs queries for a request.
struct WebHost<B: Backend> {
    web: Arc<Web<B>>,
    store: B::Store,
    clock: Clock,
}

/// How long a query computed. Neither the turns of others nor waits for the store count.
struct Clock {
    /// When the turn began, and how long those before it took.
    began: Instant,
    spent: Duration,
}

impl Clock {
    fn started() -> Self {
        Self { began: Instant::now(), spent: Duration::ZERO }
    }

    /// Waits, which does not count.
    async fn stopped<T>(&mut self, wait: impl Future<Output = T> + Send) -> T {
        self.spent += self.began.elapsed();
        let waited = wait.await;
        self.began = Instant::now();
        waited
    }

    fn spent(&self) -> Duration {
        self.spent + self.began.elapsed()
    }
}

impl<B: Backend> WebHost<B> {
    fn new(web: &Arc<Web<B>>) -> Self {
        let store = web.backend().store();
        Self { web: Arc::clone(web), store, clock: Clock::started() }
    }
}

impl<B: Backend> Host for WebHost<B> {
    type Store = B::Store;

    fn store(&mut self) -> &mut B::Store {
        &mut self.store
    }

    async fn turn(&mut self) -> Result<(), Failure> {
        if self.clock.spent() > LONGEST {
            return Err(Failure::TooSlow);
        }
        self.clock.stopped(self.web.turn(|| ())).await;
        Ok(())
    }

    async fn ready(&mut self) -> Result<(), Failure> {
        // The web counts this failure itself, so it is not counted again.
        let ready = self.clock.stopped(self.web.ready(&mut self.store)).await;
        ready.map_err(|_| Failure::Unavailable)
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::block_on;

    use super::*;

    #[test]
    fn a_part_of_a_path_is_any_text() {
        let cases = [
            ("host", "host"),
            ("a%20b+c", "a b+c"),
            ("%C3%A4%2f%25", "\u{e4}/%"),
            ("%", "%"),
            ("%4", "%4"),
            ("%+4%zz%41", "%+4%zzA"),
            ("%FF", "\u{fffd}"),
        ];
        for (part, expected) in cases {
            assert_eq!(unquoted(part), expected);
        }
    }

    #[test]
    fn waits_do_not_count() {
        let mut clock = Clock::started();
        let began = clock.began;
        let during_the_wait = block_on(clock.stopped(async { Instant::now() }));
        assert!(clock.spent <= during_the_wait - began);
        assert!(clock.began >= during_the_wait);
    }
}
