//! Which handler answers which path.

use std::sync::Arc;

use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Response, StatusCode};

use crate::asked::Asked;
use crate::body::Content;
use crate::live::live;
use crate::page::page;
use crate::parameters::Parameters;
use crate::phase::Phase;
use crate::put::put;
use crate::queries::{keys, last, nodes, range};
use crate::refusal::Refusal;
use crate::remove::remove;
use crate::server::{health, info, metrics, readiness};
use crate::web::{Backend, Web};

/// A reply before it is sent.
pub type Reply = Response<Content>;

/// Returns the methods of a path.
pub(crate) fn methods<B: Backend>(path: &str, web: &Web<B>) -> Result<&'static str, Refusal> {
    match path {
        "/" | "/healthz" | "/readyz" | "/metrics" | "/v1/info" | "/v1/keys" | "/v1/nodes"
        | "/v1/last" | "/v1/range" | "/v1/live" => Ok("GET, HEAD"),
        "/v1/put" => Ok("POST"),
        "/v1/series" => Ok("DELETE"),
        _ => web.others(path).map(|(_, methods)| methods).ok_or_else(|| no_path(path)),
    }
}

fn no_path(path: &str) -> Refusal {
    Refusal::new(
        StatusCode::NOT_FOUND,
        "path",
        format!("there is no {path}"),
        "/ is the page; the API is /v1/info, keys, nodes, last, range, live, put and series",
    )
}

/// Has a request answered whose path and method are known.
pub(crate) async fn route<B: Backend>(
    head: &Parts,
    incoming: Incoming,
    web: &Arc<Web<B>>,
    phase: &Arc<Phase>,
) -> Result<Reply, Refusal> {
    let none = || Parameters::read(&head.uri, &[]);
    match head.uri.path() {
        "/" => Ok(page(&head.headers)),
        "/healthz" => none().map(|_| health()),
        "/readyz" => none().map(|_| readiness(web)),
        "/metrics" => none().map(|_| metrics(web)),
        "/v1/info" => none().map(|_| info(web)),
        "/v1/keys" => keys(head, web).await,
        "/v1/nodes" => nodes(head, web).await,
        "/v1/last" => last(head, web).await,
        "/v1/range" => range(head, web).await,
        "/v1/live" => live(head, web, phase).await,
        "/v1/put" => put(head, incoming, web, phase).await,
        "/v1/series" => remove(head, web).await,
        path => match web.others(path) {
            Some((routes, _)) => routes.answer(Asked::new(head, incoming, phase), web).await,
            None => Err(no_path(path)),
        },
    }
}

/// Makes a reply of a whole body.
pub fn whole(kind: &'static str, body: impl Into<Bytes>) -> Reply {
    let mut reply = Response::new(Content::Whole(body.into()));
    reply.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    reply
}

/// A reply with a text.
pub(crate) fn text(kind: &'static str, text: String) -> Reply {
    whole(kind, text)
}

/// Turns a refusal into a reply of the HTTP API.
pub(crate) fn refused(refusal: &Refusal) -> Reply {
    let mut reply = text("application/json", refusal.json());
    *reply.status_mut() = refusal.status;
    reply
}
