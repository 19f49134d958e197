//! `POST /api/v1/write`: remote write 1.0.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use hyper::{Response, StatusCode};
use metric_proto::{Position, Refused, Request, Sample, Store};
use metric_web::{Asked, Backend, Content, Held, NoMemory, Refusal, Reply, Web};

use crate::outcome::{Counters, Outcome, Tally, Verdict};
use crate::proto::Broken;
use crate::routes::Shared;
use crate::snappy::{BODY, OPEN, Opening, Unopened, claimed};
use crate::write::{NAME, Progress, Writes};

/// How long a body is opened or its samples are stored before others have a turn.
const TURN: Duration = Duration::from_micros(40);

/// After how many samples and opened bytes that is looked at.
const LOOK: usize = 32;
const PIECE: usize = 16 * 1024;

/// The most fields of a body that are read in a turn.
const FIELDS: usize = 4_096;

/// How much of a body is freed in a turn.
const FREED: usize = 1 << 20;

/// Stores the samples of a request, and answers when they last.
pub(crate) async fn receive<B: Backend>(
    mut asked: Asked<'_>,
    web: &Web<B>,
    shared: &Shared,
) -> Result<Reply, Refusal> {
    let coding = asked.header("content-encoding").unwrap_or("snappy");
    check_kind(asked.header("content-type").unwrap_or_default(), coding, &shared.counters)?;
    let opened = body(&mut asked, (web, shared), (BODY, OPEN)).await;
    let (opened, _held) = opened.inspect_err(|refusal| shared.counters.refused(refusal.status))?;
    let settings = web.settings();
    let mut writes = Writes::new(&opened, settings.limits.key(), settings.unit);
    let (mut store, mut tally) = (web.backend().store(), Tally::default());
    let read = put_all(&mut writes, web, &mut store, (&mut tally, shared)).await;
    shared.counters.add(&tally);
    shared.counters.merged.fetch_add(writes.merged(), Relaxed);
    free(opened, web).await;
    // What was put stays, also if the rest of the body is broken.
    web.ready(&mut store).await?;
    read?.map_err(|Broken| {
        shared.counters.refused(StatusCode::BAD_REQUEST);
        Refusal::parameter("body", Broken.to_string(), "what came before in the body is stored")
    })?;
    reply(&tally)
}

/// Refuses what is not remote write 1.0. A form of a web page can send none of it.
fn check_kind(kind: &str, coding: &str, counters: &Counters) -> Result<(), Refusal> {
    let mut parts = kind.split(';').map(str::trim);
    let is_proto =
        parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("application/x-protobuf"));
    let is_first =
        parts.all(|part| !part.starts_with("proto=") || part == "proto=prometheus.WriteRequest");
    let (counter, place, error) = match (is_proto, is_first, coding) {
        (true, true, "snappy") => return Ok(()),
        (true, true, _) => (&counters.other, "content-encoding", format!("'{coding}' is not read")),
        (true, false, _) => {
            let error = "only version 1.0 of remote write is read".to_owned();
            (&counters.version_2, "content-type", error)
        }
        _ => (&counters.other, "content-type", format!("'{kind}' is not read")),
    };
    counter.fetch_add(1, Relaxed);
    let advice = "send prometheus.WriteRequest as application/x-protobuf in snappy";
    Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, place, error, advice))
}

/// Receives and opens a body of up to `longest` bytes and, opened, `most`, with what holds its memory.
pub(crate) async fn body<B: Backend>(
    asked: &mut Asked<'_>,
    (web, shared): (&Web<B>, &Shared),
    (longest, most): (usize, usize),
) -> Result<(Vec<u8>, Held), Refusal> {
    let mut held = shared.memory.hold();
    // Memory is taken as bytes arrive, so that slow peers do not keep it from others.
    let block = asked.body(web, longest, |length| held.grow(length).map_err(no_memory)).await?;
    let claimed = claimed(&block).map_err(unopened)?;
    check_opened(claimed, most)?;
    held.grow(block.len() + claimed).map_err(no_memory)?;
    let mut opening = Opening::new(&block).map_err(unopened)?;
    while !web.turn(|| open_some(&mut opening)).await.map_err(unopened)? {}
    let opened = opening.into_opened();
    free(block, web).await;
    Ok((opened, held))
}

/// Opens a body for a turn. Returns whether all of it is open.
fn open_some(opening: &mut Opening<'_>) -> Result<bool, Unopened> {
    let began = Instant::now();
    while !opening.advance(PIECE)? {
        if began.elapsed() >= TURN {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Frees a body piece by piece, since the system takes long for many pages.
async fn free<B: Backend>(mut body: Vec<u8>, web: &Web<B>) {
    while body.len() > FREED {
        body.truncate(body.len() - FREED);
        web.turn(|| body.shrink_to_fit()).await;
    }
}

fn check_opened(length: usize, most: usize) -> Result<(), Refusal> {
    if length <= most {
        return Ok(());
    }
    let error = format!("the body is longer than {most} bytes when it is opened");
    Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "body", error, "send it in parts"))
}

fn no_memory(_: NoMemory) -> Refusal {
    no_memory_for("body")
}

/// Refuses what others leave no memory for.
pub(crate) fn no_memory_for(place: &'static str) -> Refusal {
    let error = "the bodies and replies of other requests take all memory that they may";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, place, error, "try again")
}

fn unopened(error: Unopened) -> Refusal {
    let (status, advice) = match error {
        Unopened::Broken => (StatusCode::BAD_REQUEST, "send a block of snappy without its framing"),
        Unopened::TooLong => (StatusCode::PAYLOAD_TOO_LARGE, "send it in parts"),
    };
    Refusal::new(status, "body", error.to_string(), advice)
}

/// Puts all samples, in turns.
async fn put_all<B: Backend>(
    writes: &mut Writes<'_>,
    web: &Web<B>,
    store: &mut B::Store,
    (tally, shared): (&mut Tally, &Shared),
) -> Result<Result<(), Broken>, Refusal> {
    let mut again = None;
    loop {
        let turn = {
            let (writes, store, tally) = (&mut *writes, &mut *store, &mut *tally);
            let again = again.take();
            web.turn(move || put_some(writes, store, (tally, shared), again)).await
        };
        match turn {
            Ok(Turn::Over) => {}
            Ok(Turn::Wait(sample)) => {
                web.ready(store).await?;
                again = Some(sample);
            }
            Ok(Turn::Done) => return Ok(Ok(())),
            Err(broken) => return Ok(Err(broken)),
        }
    }
}

/// How a turn ended.
enum Turn {
    Over,
    /// The store must be awaited before it takes this sample.
    Wait(Sample),
    Done,
}

/// Puts the samples of a turn, and first one for which the store was not ready.
fn put_some(
    writes: &mut Writes<'_>,
    store: &mut impl Store,
    (tally, shared): (&mut Tally, &Shared),
    again: Option<Sample>,
) -> Result<Turn, Broken> {
    let (began, mut batch, mut fields) = (Instant::now(), store.batch(), FIELDS);
    let mut again = again.map(|sample| Progress::Item(Ok(sample)));
    for count in 1.. {
        let item = match again.take().map_or_else(|| writes.advance(&mut fields), Ok)? {
            Progress::Item(item) => item,
            Progress::Paused => return Ok(Turn::Over),
            Progress::Done => return Ok(Turn::Done),
        };
        let put = item.map(|sample| match writes.key() {
            Some(key) => {
                let put = batch.put(key, sample);
                if put == Err(Refused::NotYet) {
                    batch.want(Request::Put { key, sample }, Position::START);
                }
                (sample, put)
            }
            None => (sample, Err(Refused::KeyTooLong)),
        });
        let outcome = match put {
            Ok((sample, Err(Refused::NotYet))) => return Ok(Turn::Wait(sample)),
            Ok((_, Ok(()))) => Outcome::Stored,
            Ok((_, Err(refused))) => refused.into(),
            Err(outcome) => outcome,
        };
        tally.add(outcome);
        if outcome != Outcome::Stored {
            shared.counters.not_stored(outcome, || {
                writes.labels().find(|(label, _)| *label == NAME).unwrap_or_default().1
            });
        }
        if count % LOOK == 0 && began.elapsed() >= TURN {
            break;
        }
    }
    Ok(Turn::Over)
}

fn reply(tally: &Tally) -> Result<Reply, Refusal> {
    let cause = tally.main_cause().map_or("", Outcome::as_str).replace('_', " ");
    let (refused, stored) = (tally.refused(), tally.of(Outcome::Stored));
    let error = format!("{refused} samples are refused, mostly for: {cause}; {stored} are stored");
    match tally.verdict() {
        Verdict::Done => {
            let mut reply = Response::new(Content::Whole(Default::default()));
            *reply.status_mut() = StatusCode::NO_CONTENT;
            Ok(reply)
        }
        Verdict::Never => Err(Refusal::parameter("body", error, "these can never be stored")),
        Verdict::Later => {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            Err(Refusal::new(status, "body", error, advice(tally)))
        }
    }
}

const fn advice(tally: &Tally) -> &'static str {
    match tally.of(Outcome::TableFull) {
        0 => "send the same again later",
        _ => "send the same again once the server has room: --max-series, --forget",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::put_bytes;
    use metric_memory::MemoryStore;
    use metric_query::TimeUnit;

    #[test]
    fn a_turn_ends_also_without_a_sample() {
        let series = b"\x0a\x00".repeat(100_000);
        let mut labels = Vec::new();
        put_bytes(&mut labels, 1, &series);
        let mut others = Vec::new();
        put_bytes(&mut others, 1, &b"\x18\x00".repeat(100_000));
        for body in [series, labels, others, b"\x18\x00".repeat(100_000)] {
            let mut writes = Writes::new(&body, 255, TimeUnit::Seconds);
            let (store, shared) = (MemoryStore::new(1, 1), Shared::default());
            let mut turn = || {
                put_some(&mut writes, &mut &store, (&mut Tally::default(), &shared), None).unwrap()
            };
            assert!((0..24).all(|_| matches!(turn(), Turn::Over)));
            assert!((0..99).any(|_| matches!(turn(), Turn::Done)));
        }
    }

    #[test]
    fn bodies_of_another_kind_are_told_apart() {
        let counters = Counters::default();
        for (kind, coding, counts) in [
            ("application/x-protobuf", "snappy", (0, 0)),
            ("application/x-protobuf;proto=prometheus.WriteRequest", "snappy", (0, 0)),
            ("application/x-protobuf;proto=io.prometheus.write.v2.Request", "snappy", (1, 0)),
            ("application/x-protobuf", "gzip", (1, 1)),
            ("text/plain", "snappy", (1, 2)),
        ] {
            let _ = check_kind(kind, coding, &counters);
            let counted = (counters.version_2.load(Relaxed), counters.other.load(Relaxed));
            assert_eq!(counted, counts, "{kind} {coding}");
        }
    }

    #[test]
    fn nothing_is_said_to_be_stored_of_a_body_that_is_not_opened() {
        let refusal = unopened(Unopened::Broken);
        assert!(!refusal.advice.contains("stored"), "{}", refusal.advice);
        assert_eq!(refusal.status, StatusCode::BAD_REQUEST);
    }

    #[test]
    fn a_body_that_opens_to_more_than_its_bound_is_refused() {
        assert!(check_opened(9, 9).is_ok());
        assert_eq!(check_opened(10, 9).unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
    }
}
