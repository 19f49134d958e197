//! A reply that a producer fills, in turns.

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_lite::stream::unfold;
use hyper::body::Bytes;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use hyper::http::request::Parts;
use hyper::{Method, Response};
use metric_proto::Store;
use metric_query::{Filled, Format, Next, Produce};

use crate::body::{Content, Pieces};
use crate::failure::Failure;
use crate::refusal::Refusal;
use crate::route::Reply;
use crate::web::{Backend, Web};

/// How much is filled before it is sent.
const PIECE: usize = 32 * 1024;

/// How much is filled in a turn: some 400 samples, which take 50 us.
const TURN: usize = 8 * 1024;

/// A reply of no more is sent as it is: compressing it would cost more than it saves.
const PLAIN: usize = 1024;

/// How long the turns of a query may take together.
const LONGEST: Duration = Duration::from_secs(30);

/// In which form a reply is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) format: Format,
    pub(crate) gzip: bool,
}

/// A producer over a store. It is no type parameter of what sends a reply, so that this is compiled once.
pub(crate) type Fill<S> = Box<dyn FnMut(&mut S, &mut [u8]) -> Filled + Send>;

/// Takes a producer's type away.
pub(crate) fn filled_by<S: Store>(mut producer: impl Produce + Send + 'static) -> Fill<S> {
    Box::new(move |store, output| producer.fill(store, output))
}

/// A query that is being answered.
struct Production<B: Backend> {
    web: Arc<Web<B>>,
    store: B::Store,
    fill: Fill<B::Store>,
    format: Format,
    buffer: Box<[u8]>,
    filled: usize,
    /// How long its turns took.
    time: Duration,
    gzip: Option<GzEncoder<Vec<u8>>>,
}

/// Begins a reply. A query that fails at once is refused. Returns whether the reply is compressed.
async fn produced<B: Backend>(
    web: &Arc<Web<B>>,
    fill: Fill<B::Store>,
    form: Form,
) -> Result<(Content, bool), Refusal> {
    let mut production = Production {
        web: Arc::clone(web),
        store: web.backend.store(),
        fill,
        format: form.format,
        buffer: vec![0; PIECE].into(),
        filled: 0,
        time: Duration::ZERO,
        gzip: None,
    };
    let is_whole = production.fill().await?;
    let compresses = form.gzip && !(is_whole && production.filled <= PLAIN);
    production.gzip = compresses.then(|| GzEncoder::new(Vec::new(), Compression::fast()));
    let first = production.take(is_whole);
    let content =
        if is_whole { Content::Whole(first) } else { Content::Pieces(production.pieces(first)) };
    Ok((content, compresses))
}

/// Begins the reply of a producer. To HEAD it is not continued.
pub(crate) async fn produced_reply<B: Backend>(
    head: &Parts,
    web: &Arc<Web<B>>,
    fill: Fill<B::Store>,
    form: Form,
    content_type: &'static str,
) -> Result<Reply, Refusal> {
    let (content, is_compressed) = produced(web, fill, form).await?;
    let mut reply = Response::new(match content {
        Content::Pieces(_) if head.method == Method::HEAD => Content::Whole(Default::default()),
        content => content,
    });
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(VARY, HeaderValue::from_static("accept, accept-encoding"));
    if is_compressed {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    Ok(reply)
}

impl<B: Backend> Production<B> {
    /// Returns the first piece and those that follow.
    fn pieces(self, first: Bytes) -> Pieces {
        let state = Some((self, Some(first)));
        Box::pin(unfold(state, async |state| {
            let (mut production, first) = state?;
            if let Some(first) = first {
                return Some((Ok(first), Some((production, None))));
            }
            match production.next().await {
                Ok((piece, false)) => Some((Ok(piece), Some((production, None)))),
                Ok((piece, true)) => Some((Ok(piece), None)),
                Err(failure) => Some((Err(io::Error::other(failure)), None)),
            }
        }))
    }

    /// Returns the next piece, and whether it is the last one. JSON that fails is whole, and tells
    /// why it ends.
    async fn next(&mut self) -> Result<(Bytes, bool), Failure> {
        let is_last = match self.fill().await {
            Err(Failure::Exceeded(_) | Failure::Unavailable) if self.format == Format::Json => true,
            filled => filled?,
        };
        Ok((self.take(is_last), is_last))
    }

    /// Fills a piece, turn by turn. Returns whether it is the last one.
    async fn fill(&mut self) -> Result<bool, Failure> {
        while self.buffer.len() - self.filled > PIECE / 4 {
            let Filled { bytes, next } = self.turn().await;
            self.filled += bytes;
            match next {
                Next::Done => return Ok(true),
                Next::More => {}
                Next::Wait => self.web.ready(&mut self.store).await?,
                Next::Exceeded(exceeded) => {
                    return Err(self.web.failed(Failure::Exceeded(exceeded)));
                }
                _ => return Err(self.web.failed(Failure::Unavailable)),
            }
            if self.time > LONGEST {
                return Err(self.web.failed(Failure::TooSlow));
            }
        }
        Ok(false)
    }

    /// One turn.
    async fn turn(&mut self) -> Filled {
        let Self { web, store, fill, buffer, filled, time, .. } = self;
        let turn = || {
            let began = Instant::now();
            let filled = fill(store, &mut buffer[*filled..][..TURN]);
            *time += began.elapsed();
            filled
        };
        web.turn(turn).await
    }

    /// Takes what was filled, compressed if the peer takes that.
    fn take(&mut self, is_last: bool) -> Bytes {
        let filled = &self.buffer[..std::mem::take(&mut self.filled)];
        match &mut self.gzip {
            None => Bytes::copy_from_slice(filled),
            Some(gzip) => compressed(gzip, filled, is_last).into(),
        }
    }
}

/// Compresses a piece. Writing to memory does not fail.
fn compressed(gzip: &mut GzEncoder<Vec<u8>>, piece: &[u8], is_last: bool) -> Vec<u8> {
    let _ = gzip.write_all(piece);
    let _ = if is_last { gzip.try_finish() } else { gzip.flush() };
    std::mem::take(gzip.get_mut())
}
