//! `POST /api/v1/read`: remote read.

use std::sync::Arc;

use futures_lite::stream::iter;
use hyper::StatusCode;
use hyper::header::{CONTENT_ENCODING, HeaderValue};
use metric_proto::Store;
use metric_query::{Filled, Next, Produce};
use metric_web::{Asked, Backend, Content, Held, Refusal, Reply, Web, Work, whole};

use crate::frames::Chunks;
use crate::reading::{Left, Reading};
use crate::receive::body;
use crate::request::{InvalidRequest, Kind, ReadQuery, ReadRequest};
use crate::routes::Shared;
use crate::samples::Samples;

/// The longest request in bytes, as it is sent and opened.
const REQUEST: usize = 1 << 20;

/// Answers with samples, or with a stream of chunks if the peer prefers that.
pub(crate) async fn read<B: Backend>(
    mut asked: Asked<'_>,
    web: &Arc<Web<B>>,
    shared: &Shared,
) -> Result<Reply, Refusal> {
    let ReadRequest { queries, kind } = {
        let (opened, _held) = body(&mut asked, (web, shared), (REQUEST, REQUEST)).await?;
        ReadRequest::parse(&opened).map_err(|error| refuse(&error))?
    };
    match kind {
        Kind::Samples => samples(queries, web, shared).await,
        Kind::Chunks => {
            let settings = web.settings();
            let chunks = Chunks::new(queries, settings.unit, settings.budget);
            let kind = "application/x-streamed-protobuf; proto=prometheus.ChunkedReadResponse";
            let held = shared.memory.hold();
            asked.stream(web, Holding { chunks, held }, kind).await
        }
    }
}

/// Chunks, and the memory of the series that they are of.
struct Holding {
    chunks: Chunks,
    held: Held,
}

impl Produce for Holding {
    fn fill<T: Store>(&mut self, store: &mut T, output: &mut [u8]) -> Filled {
        let filled = self.chunks.fill(store, output);
        match self.held.grow(self.chunks.size()) {
            Ok(()) => filled,
            Err(_) => Filled { bytes: 0, next: Next::Unavailable },
        }
    }
}

fn refuse(error: &InvalidRequest) -> Refusal {
    let advice = "send prometheus.ReadRequest as application/x-protobuf in snappy";
    Refusal::parameter("body", error.to_string(), advice)
}

/// Makes the whole reply before it is sent: its length stands at its beginning.
async fn samples<B: Backend>(
    queries: Vec<ReadQuery>,
    web: &Arc<Web<B>>,
    shared: &Shared,
) -> Result<Reply, Refusal> {
    let settings = web.settings();
    let mut reading = Reading::new(queries, Samples::default(), settings.unit, settings.budget);
    let (mut work, mut held) = (Work::new(web), shared.memory.hold());
    loop {
        work.turn().await?;
        let next = reading.run(work.store(), &mut Left::turn());
        held.grow(reading.form.size() + reading.size()).map_err(|_| too_large())?;
        if work.goes_on(next).await? {
            return Ok(reply(reading.form, held));
        }
    }
}

/// The memory of the reply is held until it is sent.
fn reply(samples: Samples, held: Held) -> Reply {
    let pieces = samples.into_pieces().map(move |piece| {
        let _until_sent = &held;
        Ok(piece.into())
    });
    let mut reply = whole("application/x-protobuf", Vec::new());
    *reply.body_mut() = Content::Pieces(Box::pin(iter(pieces)));
    reply.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("snappy"));
    reply
}

fn too_large() -> Refusal {
    Refusal::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "query",
        "the reply would take more memory than replies may take now",
        "accept STREAMED_XOR_CHUNKS, or ask for a shorter time or fewer series",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matcher::Matchers;
    use metric_memory::MemoryStore;
    use metric_proto::{Key, Sample};
    use metric_query::{Budget, TimeUnit};
    use metric_web::Memory;

    #[test]
    fn found_series_take_memory_of_all_requests() {
        let store = MemoryStore::new(10, 10);
        for key in ["up;a=1", "up;a=2", "up;a=3"] {
            (&store).put(Key::new(key).unwrap(), Sample::new(1.0, 1).unwrap()).unwrap();
        }
        for (bytes, expected) in [(1_000, Next::Done), (200, Next::Unavailable)] {
            let matchers = Matchers::new(Vec::new());
            let queries = vec![ReadQuery { start: 0, end: 9, matchers }];
            let chunks = Chunks::new(queries, TimeUnit::Milliseconds, Budget::DESKTOP);
            let memory = Memory::new(bytes);
            let mut holding = Holding { chunks, held: memory.hold() };
            let fill = || holding.fill(&mut &store, &mut [0; 4_096]).next;
            let end = std::iter::repeat_with(fill).find(|next| *next != Next::More);
            assert_eq!(end, Some(expected), "{bytes}");
            drop(holding);
            assert_eq!(memory.free(), bytes);
        }
    }
}
