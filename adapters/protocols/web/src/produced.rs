//! A reply that a producer fills, in turns.

use std::io::{self, Write};
use std::sync::Arc;

use flate2::Compression;
use flate2::write::GzEncoder;
use futures_lite::stream::unfold;
use hyper::body::Bytes;
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderValue, VARY};
use hyper::http::request::Parts;
use hyper::{Method, Response};
use metric_query::{Filled, Format, Produce};

use crate::body::{Content, Pieces};
use crate::failure::Failure;
use crate::refusal::Refusal;
use crate::route::Reply;
use crate::web::{Backend, Web};
use crate::work::Work;

/// How much is filled before it is sent.
const PIECE: usize = 32 * 1024;

/// How much is filled in a turn: some 400 samples, which take 50 us.
const TURN: usize = 8 * 1024;

/// A reply of no more is sent as it is: compressing it would cost more than it saves.
const PLAIN: usize = 1024;

/// In which form a reply is sent.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Form {
    pub(crate) format: Format,
    pub(crate) gzip: bool,
}

/// A query that is being answered.
struct Production<B: Backend, P> {
    work: Work<B>,
    producer: P,
    format: Format,
    buffer: Box<[u8]>,
    filled: usize,
    gzip: Option<GzEncoder<Vec<u8>>>,
}

/// Begins a reply. A query that fails at once is refused. Returns whether the reply is compressed.
async fn produced<B: Backend, P: Produce + Send + 'static>(
    web: &Arc<Web<B>>,
    producer: P,
    form: Form,
) -> Result<(Content, bool), Refusal> {
    let mut production = Production {
        work: Work::new(web),
        producer,
        format: form.format,
        buffer: vec![0; PIECE].into(),
        filled: 0,
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
    producer: impl Produce + Send + 'static,
    form: Form,
    content_type: &'static str,
) -> Result<Reply, Refusal> {
    let (content, is_compressed) = produced(web, producer, form).await?;
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

impl<B: Backend, P: Produce + Send + 'static> Production<B, P> {
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
        let mut is_last = false;
        while !is_last && self.buffer.len() - self.filled > PIECE / 4 {
            let Self { work, producer, buffer, filled, .. } = self;
            work.turn().await?;
            let Filled { bytes, next } =
                producer.fill(work.store(), &mut buffer[*filled..][..TURN]);
            self.filled += bytes;
            is_last = work.goes_on(next).await?;
        }
        // Whatever time the peer takes for the piece is not the query's.
        self.work.pause();
        Ok(is_last)
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
