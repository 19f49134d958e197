//! `POST /v1/put`

use std::sync::Arc;

use hyper::StatusCode;
use hyper::body::{Body, Incoming};
use hyper::header::{CONTENT_ENCODING, CONTENT_TYPE, HeaderMap};
use hyper::http::request::Parts;
use metric_proto::{Key, Refused, Sample};

use crate::incoming::next;
use crate::parameters::Parameters;
use crate::phase::Phase;
use crate::refusal::{Refusal, quote};
use crate::route::{Reply, text};
use crate::rows::{Form, Row, Rows};
use crate::web::{Backend, Web};

/// The longest body in bytes.
const BODY: u64 = 10 << 20;

/// How many bytes of a body are stored before others have a turn.
const TURN: usize = 8 * 1024;

/// How many refused lines are listed.
const LISTED: usize = 20;

/// Stores the samples of a body as it arrives.
pub(crate) async fn put<B: Backend>(
    head: &Parts,
    mut body: Incoming,
    web: &Arc<Web<B>>,
    phase: &Phase,
) -> Result<Reply, Refusal> {
    Parameters::read(&head.uri, &[])?;
    let settings = &web.settings;
    let mut rows = Rows::new(form(&head.headers)?, settings.unit, settings.limits);
    check_length(body.size_hint().lower(), &Outcome::default())?;
    let (mut store, mut outcome) = (web.backend.store(), Outcome::default());
    let taken = take(&mut body, &mut rows, web, &mut store, &mut outcome).await;
    phase.body_is_read();
    // What was taken stays, also if the rest of the body is refused.
    web.ready(&mut store).await?;
    taken.map(|()| outcome.reply())
}

/// Stores the samples of a body until it ends.
async fn take<B: Backend>(
    body: &mut Incoming,
    rows: &mut Rows,
    web: &Web<B>,
    store: &mut B::Store,
    outcome: &mut Outcome,
) -> Result<(), Refusal> {
    let mut received = 0;
    while let Some(piece) = next(body).await.map_err(ended_early)? {
        received += piece.len() as u64;
        check_length(received, outcome)?;
        for piece in piece.chunks(TURN) {
            let read = web.turn(|| rows.read(piece)).await;
            outcome.store(read, web, store).await?;
        }
    }
    outcome.store(rows.finish(), web, store).await
}

/// Returns the form of a body. A form of a web page can send none of them, nor can a script of another
/// site without asking.
fn form(headers: &HeaderMap) -> Result<Form, Refusal> {
    let advice = "use application/x-metric for lines, text/csv, or application/json for JSON lines";
    let refuse_for = |place, error: String, advice| {
        Err(Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, place, error, advice))
    };
    let refuse = |place, error| refuse_for(place, error, advice);
    if let Some(coding) = headers.get(CONTENT_ENCODING).filter(|coding| *coding != "identity") {
        let advice = "send the body as it is, without this header";
        return refuse_for("content-encoding", format!("{coding:?} is not read"), advice);
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    match essence.to_ascii_lowercase().as_str() {
        "application/x-metric" => Ok(Form::Native),
        "text/csv" => Ok(Form::Csv),
        "application/json" | "application/x-ndjson" | "application/jsonl" => Ok(Form::Json),
        "" => refuse("content-type", "the header is missing".to_owned()),
        other => refuse("content-type", format!("'{other}' is not read")),
    }
}

fn ended_early(error: hyper::Error) -> Refusal {
    let error = format!("the body ended early: {error}");
    Refusal::new(StatusCode::BAD_REQUEST, "body", error, "what came before is stored")
}

fn check_length(length: u64, outcome: &Outcome) -> Result<(), Refusal> {
    if length <= BODY {
        return Ok(());
    }
    let error = format!("the body is longer than {BODY} bytes");
    let advice = format!("send it in parts; samples stored so far: {}", outcome.stored);
    Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "body", error, advice))
}

/// What became of the lines.
#[derive(Debug, Default)]
struct Outcome {
    stored: u64,
    refused: u64,
    /// The first refused lines, as JSON.
    listed: Vec<String>,
    /// Whether a line may be stored if it is sent again later.
    may_succeed: bool,
}

impl Outcome {
    /// Stores the samples of rows that are right.
    async fn store<B: Backend>(
        &mut self,
        rows: Vec<Row>,
        web: &Web<B>,
        store: &mut B::Store,
    ) -> Result<(), Refusal> {
        for Row { line, sample } in rows {
            match sample {
                Err(error) => self.refuse(line, &error),
                Ok((key, sample)) => match put_one(&key, sample, web, store).await? {
                    Ok(()) => self.stored += 1,
                    Err(refused) => {
                        let is_full = matches!(refused, Refused::TableFull | Refused::Unavailable);
                        self.may_succeed |= is_full;
                        self.refuse(line, &refused.to_string());
                    }
                },
            }
        }
        Ok(())
    }

    fn refuse(&mut self, line: u64, error: &str) {
        self.refused += 1;
        if self.listed.len() < LISTED {
            let mut json = format!("{{\"line\": {line}, \"error\": ");
            quote(&mut json, error);
            self.listed.push(json + "}");
        }
    }

    fn reply(&self) -> Reply {
        let Self { stored, refused, listed, may_succeed } = self;
        let errors = listed.join(", ");
        let json =
            format!("{{\"stored\": {stored}, \"refused\": {refused}, \"errors\": [{errors}]}}\n");
        let mut reply = text("application/json", json);
        *reply.status_mut() = match (refused, may_succeed) {
            (0, _) => StatusCode::OK,
            (_, true) => StatusCode::SERVICE_UNAVAILABLE,
            (_, false) => StatusCode::BAD_REQUEST,
        };
        reply
    }
}

/// Puts a sample, once the store has room for it.
async fn put_one<B: Backend>(
    key: &str,
    sample: Sample,
    web: &Web<B>,
    store: &mut B::Store,
) -> Result<Result<(), Refused>, Refusal> {
    let Ok(key) = Key::new(key) else { return Ok(Err(Refused::KeyTooLong)) };
    Ok(web.put(store, key, sample).await?)
}
