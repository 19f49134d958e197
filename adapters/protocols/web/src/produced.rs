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
use metric_proto::Store;
use metric_query::{Filled, Format, Next, Produce};

use crate::body::{Content, Pieces};
use crate::failure::Failure;
use crate::refusal::Refusal;
use crate::route::Reply;
use crate::web::{Backend, Web};
use crate::work::Work;

/// How much is filled before it is sent.
const PIECE: usize = 32 * 1024;

/// How much is filled in a step of a turn: some 100 samples, which take some 10 us, and as long to compress.
const STEP: usize = 2 * 1024;

/// A reply of no more is sent as it is: compressing it would cost more than it saves.
const PLAIN: usize = 1024;

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
    work: Work<B>,
    fill: Fill<B::Store>,
    format: Format,
    piece: Piece,
    /// How much was filled for the piece.
    filled: usize,
    /// Whether the producer has written the end of the reply.
    is_ended: bool,
}

/// What is sent next.
enum Piece {
    Plain(Vec<u8>),
    Gzip(GzEncoder<Vec<u8>>),
}

impl Piece {
    /// Writing to memory does not fail.
    fn write(&mut self, bytes: &[u8]) {
        let _ = match self {
            Self::Plain(piece) => piece.write_all(bytes),
            Self::Gzip(piece) => piece.write_all(bytes),
        };
    }

    /// Goes on compressed.
    fn compress(&mut self) {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        if let Self::Plain(plain) = self {
            let _ = gzip.write_all(plain);
        }
        *self = Self::Gzip(gzip);
    }

    fn take(&mut self, is_last: bool) -> Bytes {
        let piece = match self {
            Self::Plain(piece) => piece,
            Self::Gzip(gzip) => {
                let _ = if is_last { gzip.try_finish() } else { gzip.flush() };
                gzip.get_mut()
            }
        };
        std::mem::take(piece).into()
    }
}

/// Begins a reply. A query that fails at once is refused. Returns whether the reply is compressed.
async fn produced<B: Backend>(
    web: &Arc<Web<B>>,
    fill: Fill<B::Store>,
    form: Form,
) -> Result<(Content, bool), Refusal> {
    let mut production = Production {
        work: Work::new(web),
        fill,
        format: form.format,
        piece: Piece::Plain(Vec::new()),
        filled: 0,
        is_ended: false,
    };
    let mut is_whole = production.fill(PLAIN + 1).await?;
    let compresses = form.gzip && production.filled > PLAIN;
    if compresses {
        production.piece.compress();
    }
    if !is_whole {
        is_whole = production.fill(PIECE).await?;
    }
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

    /// Returns the next piece, and whether it is the last one. JSON whose producer fails is whole, and
    /// tells why it ends.
    async fn next(&mut self) -> Result<(Bytes, bool), Failure> {
        let is_last = match self.fill(PIECE).await {
            Err(_) if self.is_ended && self.format == Format::Json => true,
            filled => filled?,
        };
        Ok((self.take(is_last), is_last))
    }

    /// Fills the piece, step by step, until enough was filled. Returns whether it is the last one.
    async fn fill(&mut self, enough: usize) -> Result<bool, Failure> {
        let mut is_last = false;
        while !is_last && self.filled < enough {
            let Self { work, fill, piece, filled, is_ended, .. } = self;
            work.turn().await?;
            let mut step = [0; STEP];
            let Filled { bytes, next } = fill(work.store(), &mut step);
            piece.write(&step[..bytes]);
            *filled += bytes;
            *is_ended = !matches!(next, Next::More | Next::Wait);
            is_last = work.goes_on(next).await?;
        }
        // Whatever time the peer takes for the piece is not the query's.
        self.work.pause();
        Ok(is_last)
    }

    fn take(&mut self, is_last: bool) -> Bytes {
        self.filled = 0;
        self.piece.take(is_last)
    }
}

#[cfg(test)]
mod tests {
    use std::future::ready;
    use std::ops::ControlFlow;
    use std::task::{Context, Poll};

    use futures_lite::future::block_on;
    use metric_proto::{Key, Lost, Position, Query, Refused, Sample, Scan, StoreCounters, Summary};

    use super::*;
    use crate::exposition::Exposition;
    use crate::settings::Settings;

    /// A store that is lost as soon as it is waited for.
    struct Gone;

    impl Store for Gone {
        const WAITS: bool = true;

        fn put(&mut self, _: Key<'_>, _: Sample) -> Result<(), Refused> {
            Err(Refused::NotYet)
        }

        fn remove(&mut self, _: Key<'_>) -> Result<bool, Refused> {
            Err(Refused::NotYet)
        }

        fn scan(
            &self,
            _: &Query<'_>,
            at: Position,
            _: impl FnMut(Key<'_>, Sample) -> ControlFlow<()>,
        ) -> Scan {
            Scan::NotYet(at)
        }

        fn series(&self, _: &[u8], _: impl FnMut(Key<'_>, Summary) -> ControlFlow<()>) -> Scan {
            Scan::NotYet(Position::START)
        }

        fn counters(&self) -> StoreCounters {
            StoreCounters::default()
        }

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Lost>> {
            Poll::Ready(Err(Lost))
        }
    }

    impl Backend for Gone {
        type Store = Self;

        fn store(&self) -> Self {
            Self
        }

        fn metrics(&self, _: &mut Exposition) {}

        fn trouble(&self) -> Option<String> {
            None
        }
    }

    #[test]
    fn json_is_whole_only_if_its_producer_has_ended_it() {
        let web = Arc::new(Web::new(Gone, Settings::new("", ""), |_| Box::pin(ready(()))));
        for (next, is_whole) in [(Next::Unavailable, true), (Next::Wait, false)] {
            let mut production = Production {
                work: Work::new(&web),
                fill: Box::new(move |_, _| Filled { bytes: 0, next }),
                format: Format::Json,
                piece: Piece::Plain(Vec::new()),
                filled: 0,
                is_ended: false,
            };
            let piece = block_on(production.next());
            assert_eq!(piece.is_ok_and(|(_, is_last)| is_last), is_whole, "{next:?}");
        }
    }
}
