//! Graphite's paths over HTTP.

use std::sync::Arc;

use metric_web::{
    Answering, Asked, Backend, Memory, Refusal, Reply, Routes, StatusCode, Web, Work, whole,
};

use crate::out::catalogue;
use crate::out::failure::Failure;
use crate::out::fields::Fields;
use crate::out::form::{Csv, Json, Pickle, Raw, Sheet, nodes};
use crate::out::list::List;
use crate::out::query::{Host, Running, Turn, Turns};
use crate::out::render::{Format, render};
use crate::out::{tags, tree};

/// The version of Graphite whose paths these are.
const VERSION: &str = "1.1.10";

/// The most nodes that a search finds.
const NODES: usize = 10_000;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";

/// Answers what Grafana and graphite-web ask of a Graphite.
#[derive(Debug, Default)]
pub struct Graphite {
    /// What all queries hold together.
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
            let budget = web.settings().budget;
            let query = Running::new(WebHost(Work::new(web)), &self.memory, budget);
            let found = match path {
                "/metrics/find" => found(query, &fields, web).await,
                "/metrics/expand" => tree::expand(query, &fields, NODES).await,
                "/metrics/index.json" => return asked.stream(web, tree::Index::new(), JSON).await,
                "/tags" => tags::all(query, &fields).await,
                "/tags/findSeries" => tags::find(query, &fields, NODES).await,
                "/tags/autoComplete/tags" => tags::complete(query, &fields).await,
                "/tags/autoComplete/values" => tags::complete_values(query, &fields).await,
                "/functions" => return Ok(whole(JSON, catalogue::catalogue(&fields))),
                "/events/get_data" => return Ok(whole(JSON, "[]")),
                "/version" => return Ok(whole(TEXT, VERSION)),
                _ => match (name(path, "/functions/"), name(path, "/tags/")) {
                    (Some(name), _) => return function(name),
                    (_, Some(name)) => tags::one(query, &fields, &unquoted(name)).await,
                    _ => unreachable!("methods knows the paths"),
                },
            };
            let mut list = found.map_err(|failure| refusal(failure, web))?;
            let is_pickle = path == "/metrics/find" && fields.text("format") == Some("pickle");
            let kind = if is_pickle { PICKLE } else { JSON };
            match list.short() {
                Some(list) => Ok(whole(kind, list)),
                None => asked.stream(web, list, kind).await,
            }
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
        let (host, bounds) = (WebHost(Work::new(web)), (&self.memory, settings.budget));
        let rendered = render(host, bounds, (fields, format, &context)).await;
        let (series, held) = rendered.map_err(failed)?;
        match format {
            Format::Json => asked.stream(web, Sheet::new(Json, series, held), JSON).await,
            Format::Raw => asked.stream(web, Sheet::new(Raw, series, held), TEXT).await,
            Format::Pickle => asked.stream(web, Sheet::new(Pickle, series, held), PICKLE).await,
            Format::Csv => {
                let csv = Csv(fields.zone().map_err(failed)?);
                asked.stream(web, Sheet::new(csv, series, held), "text/csv").await
            }
        }
    }
}

const PICKLE: &str = "application/pickle";

/// Answers `/metrics/find`. Times are not looked at: a series is a node as long as it has samples.
async fn found<B: Backend>(
    mut query: Running<WebHost<B>>,
    fields: &Fields,
    web: &Web<B>,
) -> Result<List, Failure> {
    let form = tree::Form::of(fields)?;
    let found = tree::asked(&mut query, (fields, form), NODES).await?;
    let per_second = web.settings().unit.per_second();
    match form {
        tree::Form::Tree => tree::tree(query, found, fields).await,
        tree::Form::Completer => Ok(tree::completer(query, found)),
        tree::Form::Pickle => {
            Ok(nodes(found, (per_second, web.now().div_euclid(per_second)), query.held))
        }
    }
}

fn function(name: &str) -> Result<Reply, Refusal> {
    catalogue::entry(name).map(|json| whole(JSON, json)).ok_or_else(|| no_function(name))
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
        Failure::Exceeded(exceeded) => Some(web.failed(metric_web::Failure::Exceeded(exceeded))),
        Failure::Unavailable => Some(web.failed(metric_web::Failure::Unavailable)),
        Failure::Ended(failure) => Some(failure),
    };
    let mut refusal = Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, "query", text, NARROWER);
    if let Some(failure) = counted {
        refusal.status = Refusal::from(failure).status;
    }
    if refusal.status == StatusCode::SERVICE_UNAVAILABLE {
        refusal.advice = "try again; the server's log tells more".into();
    }
    refusal
}

const NARROWER: &str = "ask for fewer series or a shorter time";

/// Runs queries for a request.
struct WebHost<B: Backend>(Work<B>);

impl<B: Backend> Host for WebHost<B> {
    type Store = B::Store;

    fn store(&mut self) -> &mut B::Store {
        self.0.store()
    }

    async fn ready(&mut self) -> Result<(), Failure> {
        Ok(self.0.ready().await?)
    }
}

impl<B: Backend> Turns for WebHost<B> {
    fn turn(&mut self) -> Turn<'_> {
        Box::pin(async { Ok(self.0.turn().await?) })
    }
}

#[cfg(test)]
mod tests {
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
}
