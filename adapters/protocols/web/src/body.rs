//! The body of a reply.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_lite::Stream;
use hyper::body::{Bytes, Frame, SizeHint};

use crate::phase::Phase;

/// The body of a reply. Dropping it ends the request.
pub(crate) struct Body {
    content: Content,
    phase: Arc<Phase>,
}

/// Pieces of a body. An error ends the connection, so that the peer sees that the body is not whole.
pub type Pieces = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// What a body consists of.
#[non_exhaustive]
pub enum Content {
    /// All of it.
    Whole(Bytes),
    /// What comes piece by piece.
    Pieces(Pieces),
}

impl Body {
    pub(crate) fn new(content: Content, phase: &Arc<Phase>) -> Self {
        Self { content, phase: Arc::clone(phase) }
    }
}

impl hyper::body::Body for Body {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut self.content {
            Content::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Content::Pieces(pieces) => {
                let piece = pieces.as_mut().poll_next(context);
                if matches!(piece, Poll::Ready(None)) {
                    // hyper may not look again on its own at a body that ends with its connection.
                    context.waker().wake_by_ref();
                }
                piece.map(|piece| piece.map(|piece| piece.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(&self.content, Content::Whole(bytes) if bytes.is_empty())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Pieces(_) => SizeHint::default(),
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        self.phase.is_answered();
    }
}
