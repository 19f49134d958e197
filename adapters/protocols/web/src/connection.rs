//! Serving one connection.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use futures_lite::AsyncWriteExt;
use futures_lite::future::or;
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use metric_tcp::{ConnectionGuard, Outcome};

use crate::answer::answer;
use crate::body::Body;
use crate::phase::Phase;
use crate::places::Place;
use crate::stream::{Duplex, Stream};
use crate::web::{Backend, Web};

/// The longest head of a request in bytes, and the most headers that it has.
const HEAD: usize = 16 * 1024;
const HEADERS: usize = 64;

/// Serves a connection until it ends or the server stops. `unread` was received already.
pub async fn serve<B: Backend>(
    mut io: Box<dyn Duplex>,
    unread: Box<[u8]>,
    guard: ConnectionGuard,
    web: &Arc<Web<B>>,
) {
    let Some(newcomer) = web.newcomers.take() else {
        let _ = io.write_all(TOO_MANY).await;
        return;
    };
    let stopped = guard.stopped();
    let phase = Arc::new(Phase::new());
    let visitor = Visitor { guard: Mutex::new((guard, newcomer)), phase: Arc::clone(&phase) };
    let served = {
        let service = service_fn(|request| visitor.answer(request, web));
        let stream = Stream::new(io, unread, phase, web.sleep);
        let mut builder = http1::Builder::new();
        builder.max_buf_size(HEAD).max_headers(HEADERS).half_close(true);
        let mut connection = pin!(builder.serve_connection(stream, service));
        let ended = or(async { Some(connection.as_mut().await) }, async {
            stopped.await;
            None
        });
        match ended.await {
            Some(ended) => ended,
            None => {
                visitor.phase.stop();
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    visitor.end(served);
}

/// The reply to a connection for which there is no room.
const TOO_MANY: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n\
    Content-Length: 0\r\n\r\n";

/// A peer, which gets a place with its first request that is admitted.
struct Visitor {
    guard: Mutex<(ConnectionGuard, Place)>,
    phase: Arc<Phase>,
}

impl Visitor {
    async fn answer<B: Backend>(
        &self,
        request: Request<Incoming>,
        web: &Arc<Web<B>>,
    ) -> Result<Response<Body>, Infallible> {
        if request.body().is_end_stream() {
            self.phase.body_is_read();
        } else {
            self.phase.head_is_read();
        }
        let seat = || {
            let mut guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
            guard.0.is_exempt()
                || web.places.take().is_some_and(|place| {
                    guard.0.exempt();
                    guard.1 = place;
                    true
                })
        };
        Ok(answer(request, web, &self.phase, seat).await)
    }

    fn end(self, served: Result<(), hyper::Error>) {
        let (mut guard, _place) = self.guard.into_inner().unwrap_or_else(PoisonError::into_inner);
        guard.end(match served {
            Ok(()) => Outcome::Whole,
            Err(error) if is_late(&error) => Outcome::TimedOut,
            Err(error) => {
                log::debug!("an HTTP connection failed: {error}");
                Outcome::Broken
            }
        });
    }
}

fn is_late(error: &hyper::Error) -> bool {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref());
    source.is_some_and(|error: &io::Error| error.kind() == io::ErrorKind::TimedOut)
}
