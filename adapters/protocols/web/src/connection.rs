//! Serving one connection.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};

use futures_lite::future::or;
use futures_lite::{AsyncReadExt, AsyncWriteExt};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use metric_tcp::{ConnectionGuard, LINGER, LONGEST_LINGER, Outcome};

use crate::answer::answer;
use crate::body::Body;
use crate::framing::Length;
use crate::phase::Phase;
use crate::places::{Place, Places};
use crate::stream::{Duplex, Stream};
use crate::web::{Backend, Sleep, Web};

/// The longest head of a request in bytes, and the most headers that it has.
const HEAD: usize = 16 * 1024;
const HEADERS: usize = 64;

/// Serves a connection until it ends or the server stops, and closes it. `unread` was received already.
///
/// What a connection takes that is served is boxed, so that one that is refused does not take as much.
pub async fn serve<B: Backend>(
    io: Box<dyn Duplex>,
    unread: Box<[u8]>,
    guard: ConnectionGuard,
    web: &Arc<Web<B>>,
) {
    match web.newcomers.take() {
        Some(newcomer) => {
            let held = Held { guard, newcomer: Some(newcomer), place: None };
            Box::pin(answer_all(io, unread, held, web)).await;
        }
        None => refuse(io, guard, web.sleep).await,
    }
}

/// Refuses a connection for which there is no room.
async fn refuse(mut io: Box<dyn Duplex>, mut guard: ConnectionGuard, sleep: Sleep) {
    if io.write_all(TOO_MANY).await.is_ok() {
        guard.end(Outcome::Whole);
        close(io, sleep).await;
    }
}

async fn answer_all<B: Backend>(
    io: Box<dyn Duplex>,
    unread: Box<[u8]>,
    held: Held,
    web: &Arc<Web<B>>,
) {
    let mut stopped = pin!(held.guard.stopped());
    let phase = Arc::new(Phase::new());
    let visitor = Visitor { held: Mutex::new(held), phase: Arc::clone(&phase) };
    let service = service_fn(|request: Request<Incoming>| {
        // Before hyper reads the body.
        phase.head_is_read(length(request.body()));
        Box::pin(visitor.answer(request, web))
    });
    let stream = Stream::new(io, unread, Arc::clone(&phase), web.sleep);
    let mut builder = http1::Builder::new();
    builder.max_buf_size(HEAD).max_headers(HEADERS).half_close(true);
    let mut connection = builder.serve_connection(stream, service);
    let served = poll_fn(|context| {
        if !phase.is_stopping() && stopped.as_mut().poll(context).is_ready() {
            phase.stop();
            Pin::new(&mut connection).graceful_shutdown();
        }
        connection.poll_without_shutdown(context)
    });
    let served = served.await;
    let (mut stream, status) = connection.into_parts().io.into_inner();
    let outcome = outcome(served, (status, &mut stream), web).await;
    let held = visitor.end(outcome);
    if outcome == Outcome::Whole {
        close(stream, web.sleep).await;
    }
    drop(held);
}

/// Returns how long a body is.
fn length(body: &Incoming) -> Length {
    body.size_hint().exact().map_or(Length::Chunked, Length::Of)
}

/// Closes a stream so that its peer can read all replies.
async fn close(mut stream: Box<dyn Duplex>, sleep: Sleep) {
    let _ = stream.close().await;
    let discarded = async {
        let mut bytes = [0; 64];
        let silence = || async {
            sleep(LINGER).await;
            Ok(0)
        };
        while let Ok(1..) = or(stream.read(&mut bytes), silence()).await {}
    };
    or(discarded, sleep(LONGEST_LINGER)).await;
}

/// Tells how a connection ended. What is no HTTP is refused, which is in order: hyper has chosen the status,
/// and the reply tells why.
async fn outcome<B: Backend>(
    served: Result<(), hyper::Error>,
    (status, stream): (Option<StatusCode>, &mut Box<dyn Duplex>),
    web: &Web<B>,
) -> Outcome {
    match served {
        Ok(()) => Outcome::Whole,
        Err(error) if is_late(&error) => Outcome::TimedOut,
        Err(error) => {
            log::debug!("an HTTP connection failed: {error}");
            if !error.is_parse() {
                return Outcome::Broken;
            }
            let error = wrong_head(&error);
            let counted = status.unwrap_or(StatusCode::BAD_REQUEST);
            web.counters.replied(counted);
            web.counters.refused_case(counted, "a request", &error);
            if let Some(status) = status {
                let reply = refusal(status, &error);
                let written = async { stream.write_all(reply.as_bytes()).await.is_ok() };
                let late = async {
                    (web.sleep)(LINGER).await;
                    false
                };
                or(written, late).await;
            }
            Outcome::Whole
        }
    }
}

/// Returns what is wrong with a head, in a line.
fn wrong_head(error: &hyper::Error) -> String {
    let why = std::error::Error::source(error).map(ToString::to_string);
    let told = error.to_string();
    let advice = match () {
        () if error.is_parse_too_large() => SMALLER,
        () if told.contains("URI") => UNREADABLE,
        () => MALFORMED,
    };
    format!("{told}; {}", why.as_deref().unwrap_or(advice))
}

const MALFORMED: &str = "send a head as RFC 9112 has it";

const UNREADABLE: &str = "percent-encode quotes, blanks and the like in its target";
const SMALLER: &str = "a head may have 16 KiB and 64 headers";

/// Returns a reply of one line, after which the connection ends.
fn refusal(status: StatusCode, error: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\
        X-Content-Type-Options: nosniff\r\nContent-Length: {}\r\n\r\n{error}\n",
        error.len() + 1
    )
}

/// The reply to a connection for which there is no room.
const TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n\
    Content-Length: 0\r\n\r\n";

/// A peer.
struct Visitor {
    held: Mutex<Held>,
    phase: Arc<Phase>,
}

/// What a peer holds while its connection is open.
struct Held {
    guard: ConnectionGuard,
    /// Until its first request is admitted.
    newcomer: Option<Place>,
    /// From then on.
    place: Option<Place>,
}

impl Held {
    /// Takes a place, unless it has one. Returns whether it has.
    fn seat(&mut self, places: &Places) -> bool {
        if self.place.is_none() {
            self.place = places.take();
        }
        if self.place.is_some() {
            self.guard.exempt();
            self.newcomer = None;
        }
        self.place.is_some()
    }
}

impl Visitor {
    async fn answer<B: Backend>(
        &self,
        request: Request<Incoming>,
        web: &Arc<Web<B>>,
    ) -> Result<Response<Body>, Infallible> {
        let seat = || self.held.lock().unwrap_or_else(PoisonError::into_inner).seat(&web.places);
        // However many requests a peer sends at once, others have turns between them.
        web.turn(|| ()).await;
        Ok(answer(request, web, &self.phase, seat).await)
    }

    fn end(self, outcome: Outcome) -> Held {
        let mut held = self.held.into_inner().unwrap_or_else(PoisonError::into_inner);
        held.guard.end(outcome);
        held
    }
}

fn is_late(error: &hyper::Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    source.is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::TimedOut)
}
