//! A request that another protocol answers over the HTTP of this crate.

use std::sync::Arc;

use form_urlencoded::parse;
use hyper::body::{Body, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};
use metric_query::{Format, Produce};

use crate::incoming::next;
use crate::page::takes_gzip;
use crate::phase::Phase;
use crate::produced::{Form, filled_by, produced_reply};
use crate::refusal::Refusal;
use crate::routes::Answering;
use crate::web::{Backend, Web};

/// The longest form in bytes, and the most fields that it has with those of the target.
const FORM: usize = 64 * 1024;
const FIELDS: usize = 1_000;

/// So much of a body is received before others have a turn, however fast it comes.
const PIECE: usize = 128 * 1024;

/// A request that was admitted, for [`Routes`](crate::Routes).
#[derive(Debug)]
pub struct Asked<'a> {
    head: &'a Parts,
    body: Incoming,
    phase: &'a Phase,
}

impl<'a> Asked<'a> {
    pub(crate) fn new(head: &'a Parts, body: Incoming, phase: &'a Phase) -> Self {
        Self { head, body, phase }
    }

    /// Returns the path, as it was sent.
    #[must_use]
    pub fn path(&self) -> &'a str {
        self.head.uri.path()
    }

    /// Returns the value of a header, if it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.head.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Receives the body in turns. Before a piece of it is kept, `allow` is asked about the length that it
    /// has with this piece.
    ///
    /// # Errors
    ///
    /// If it is longer than `most` bytes (413; a length that the head tells is not received) or ends
    /// early, or what `allow` returns.
    pub async fn body<B: Backend>(
        &mut self,
        web: &Web<B>,
        most: usize,
        mut allow: impl FnMut(usize) -> Result<(), Refusal> + Send,
    ) -> Result<Vec<u8>, Refusal> {
        let length = self.body.size_hint().lower();
        check_length(length, most)?;
        // Memory that is not used yet costs nothing, and to move what is there takes long.
        let (mut received, mut turn) = (Vec::with_capacity(length as usize), PIECE);
        while self.receive(&mut received, most, &mut allow).await? {
            if received.len() >= turn {
                turn = received.len() + PIECE;
                web.turn(|| ()).await;
            }
        }
        Ok(received)
    }

    /// Receives a piece of the body. Returns whether there was one.
    async fn receive(
        &mut self,
        received: &mut Vec<u8>,
        most: usize,
        allow: &mut (dyn FnMut(usize) -> Result<(), Refusal> + Send),
    ) -> Result<bool, Refusal> {
        check_length(self.body.size_hint().lower(), most)?;
        let Some(piece) = next(&mut self.body).await.map_err(ended_early)? else {
            self.phase.body_is_read();
            return Ok(false);
        };
        let length = received.len() + piece.len();
        check_length(length as u64, most)?;
        allow(length)?;
        received.extend_from_slice(&piece);
        Ok(true)
    }

    /// Receives the fields of the target and, behind them, those of a form in the body, in their
    /// order.
    ///
    /// # Errors
    ///
    /// As of [`body`](Self::body), with 64 KiB as its bound; if there are more than a thousand fields,
    /// the body of a POST is no form, or a field is not UTF-8.
    pub async fn fields(&mut self) -> Result<Vec<(String, String)>, Refusal> {
        let form = if self.head.method == Method::POST { self.form().await? } else { Vec::new() };
        let target = self.head.uri.query().unwrap_or_default().as_bytes();
        check_text(target)?;
        check_text(&form)?;
        let all = parse(target).chain(parse(&form)).take(FIELDS + 1);
        let all: Vec<_> = all.map(|(name, value)| (name.into(), value.into())).collect();
        if all.len() > FIELDS {
            let error = format!("there are more than {FIELDS} fields");
            return Err(Refusal::parameter("body", error, "ask in several requests"));
        }
        Ok(all)
    }

    async fn form(&mut self) -> Result<Vec<u8>, Refusal> {
        let kind = self.header(CONTENT_TYPE.as_str()).unwrap_or(FORM_TYPE);
        let essence = kind.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case(FORM_TYPE) {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            let error = format!("'{essence}' is not read");
            let advice = format!("send the fields as {FORM_TYPE}, or in the target");
            return Err(Refusal::new(status, "content-type", error, advice));
        }
        let mut form = Vec::new();
        while self.receive(&mut form, FORM, &mut |_| Ok(())).await? {}
        Ok(form)
    }

    /// Begins a reply that a producer fills in turns, compressed if the peer takes that. A query that
    /// fails at once is refused; one that fails later ends the connection, so that the peer sees that
    /// the reply is not whole.
    ///
    /// # Errors
    ///
    /// If the query fails before its reply begins.
    pub fn stream<'b, B: Backend>(
        &'b self,
        web: &'b Arc<Web<B>>,
        producer: impl Produce + Send + 'static,
        content_type: &'static str,
    ) -> Answering<'b> {
        // Only the API's own JSON tells at its end why it is not whole.
        let form = Form { format: Format::Lines, gzip: takes_gzip(&self.head.headers) };
        Box::pin(produced_reply(self.head, web, filled_by(producer), form, content_type))
    }
}

/// Refuses fields that are not UTF-8. A `%` without two digits behind it stands for itself.
fn check_text(fields: &[u8]) -> Result<(), Refusal> {
    let (mut bytes, mut rest) = (Vec::with_capacity(fields.len()), fields);
    while let [first, behind @ ..] = rest {
        let digit = |at: usize| char::from(*behind.get(at)?).to_digit(16);
        let code = digit(0).zip(digit(1)).filter(|_| *first == b'%');
        bytes.push(code.map_or(*first, |(high, low)| (high * 16 + low) as u8));
        rest = behind.get(if code.is_some() { 2 } else { 0 }..).unwrap_or_default();
    }
    if str::from_utf8(&bytes).is_ok() {
        return Ok(());
    }
    let advice = "write each % as %25, and \u{e4} as %C3%A4";
    Err(Refusal::parameter("parameters", "they are not percent-encoded UTF-8", advice))
}

const FORM_TYPE: &str = "application/x-www-form-urlencoded";

fn check_length(length: u64, most: usize) -> Result<(), Refusal> {
    if length <= most as u64 {
        return Ok(());
    }
    let error = format!("the body is longer than {most} bytes");
    Err(Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "body", error, "send it in parts"))
}

fn ended_early(error: hyper::Error) -> Refusal {
    let error = format!("the body ended early: {error}");
    Refusal::new(StatusCode::BAD_REQUEST, "body", error, "send it again")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_text() {
        for fields in ["", "target=a%20b%&x=%zz", "target=%C3%a4", "a=ä"] {
            assert!(check_text(fields.as_bytes()).is_ok(), "{fields}");
        }
        for fields in [&b"target=%ff"[..], b"a=%C3", b"a=\xff", b"%80=a"] {
            assert!(check_text(fields).is_err(), "{fields:?}");
        }
    }
}
