//! From a request to its reply.

use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW,
    CACHE_CONTROL, CONNECTION, HeaderName, HeaderValue, RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use hyper::{Method, Request, Response, StatusCode};

use crate::admission::admit;
use crate::body::{Body, Content};
use crate::phase::Phase;
use crate::refusal::Refusal;
use crate::route::{Reply, methods, refused, route};
use crate::web::{Backend, Web};

/// The longest target of a request in bytes.
const TARGET: usize = 8 * 1024;

/// Answers a request. `seat` takes a place for the connection, unless it has one.
pub(crate) async fn answer<B: Backend>(
    request: Request<Incoming>,
    web: &Arc<Web<B>>,
    phase: &Arc<Phase>,
    seat: impl FnOnce() -> bool,
) -> Response<Body> {
    let (head, incoming) = request.into_parts();
    let admitted = admit(&head, &web.settings);
    let mut reply = match &admitted {
        Err(refusal) => {
            if let Some(name) = refusal.name.as_deref() {
                web.counters.called(name);
            }
            note(refusal, &head, web);
            close(refused(refusal))
        }
        Ok(_) if !seat() => close(refused(&no_room())),
        Ok(Some(_)) if head.method == Method::OPTIONS => preflight(&head, web),
        Ok(_) => match dispatch(&head, incoming, web, phase).await {
            Ok(reply) => reply,
            Err(refusal) => tell(&refusal, &head, web),
        },
    };
    if let Ok(Some(origin)) = &admitted {
        allow(&mut reply, origin);
    }
    delay(&mut reply);
    protect(&mut reply);
    phase.body_is_read();
    web.counters.replied(reply.status());
    reply.map(|content| Body::new(content, phase))
}

async fn dispatch<B: Backend>(
    head: &Parts,
    incoming: Incoming,
    web: &Arc<Web<B>>,
    phase: &Arc<Phase>,
) -> Result<Reply, Refusal> {
    if head.uri.path_and_query().is_some_and(|target| target.as_str().len() > TARGET) {
        return Err(Refusal::new(
            StatusCode::URI_TOO_LONG,
            "path",
            format!("the path and its parameters are longer than {TARGET} bytes"),
            "ask for fewer series at once, or by a pattern",
        ));
    }
    let allowed = methods(head.uri.path(), web)?;
    if !allowed.split(", ").any(|method| method == head.method.as_str()) {
        return Ok(wrong_method(head, web, allowed));
    }
    route(head, incoming, web, phase).await
}

/// Tells a refusal as clients of the path read it, and keeps it for the log.
fn tell<B: Backend>(refusal: &Refusal, head: &Parts, web: &Web<B>) -> Reply {
    note(refusal, head, web);
    match web.others(head.uri.path()) {
        Some((routes, _)) => routes.refused(refusal),
        None => refused(refusal),
    }
}

fn note<B: Backend>(refusal: &Refusal, head: &Parts, web: &Web<B>) {
    let asked = format!("{} {}", head.method, head.uri.path());
    web.counters.refused_case(refusal.status, &asked, &refusal.error);
}

fn wrong_method<B: Backend>(head: &Parts, web: &Web<B>, allowed: &'static str) -> Reply {
    let refusal = Refusal::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method",
        format!("{} takes no {}", head.uri.path(), head.method),
        format!("use {allowed}"),
    );
    let mut reply = tell(&refusal, head, web);
    reply.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    reply
}

fn no_room() -> Refusal {
    Refusal::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "connection",
        "there are too many HTTP connections",
        "try again later, or start the server with more --http-connections",
    )
}

/// Ends the connection after a reply.
fn close(mut reply: Reply) -> Reply {
    reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    reply
}

/// The reply to a browser that asks whether a page of another site, which is allowed, may ask.
fn preflight<B: Backend>(head: &Parts, web: &Web<B>) -> Reply {
    let mut reply = Response::new(Content::Whole(Default::default()));
    *reply.status_mut() = StatusCode::NO_CONTENT;
    let methods = methods(head.uri.path(), web).unwrap_or("GET, HEAD");
    let headers = reply.headers_mut();
    headers.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type"));
    reply
}

/// Lets the page of an allowed site read the reply.
fn allow(reply: &mut Reply, origin: &str) {
    if let Ok(origin) = HeaderValue::from_str(origin) {
        reply.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        reply.headers_mut().append(VARY, HeaderValue::from_static("origin"));
        reply.headers_mut().insert(RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
    }
}

const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// Tells when to try again what could not be done.
fn delay(reply: &mut Reply) {
    if reply.status() == StatusCode::SERVICE_UNAVAILABLE {
        reply.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
}

/// Keeps browsers from guessing what a reply is, from keeping it, and from showing it in other sites.
fn protect(reply: &mut Reply) {
    let headers = reply.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(RESOURCE_POLICY).or_insert(HeaderValue::from_static("same-origin"));
}
