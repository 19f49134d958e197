//! The session of one connection.

use core::task::{Context, Poll};

use metric_driver::{Next, Progress, Session};
use metric_proto::{Lost, Store};
use metric_query as query;

use crate::fields::{Fields, Skipped};
use crate::refusal::Refusal;
use crate::reply::Reply;
use crate::request::{Request, longest_line};

/// One request over HTTP and its reply, after which the connection ends. `KEY` is the length of the
/// longest key.
#[derive(Clone, Debug)]
pub struct Http<S, F, const KEY: usize> {
    store: S,
    clock: F,
    /// What is left of the head, unless it is complete.
    fields: Option<Fields>,
    /// The reply to the request line, unless that is not complete.
    reply: Option<Reply<KEY>>,
    /// Whether only the head of the reply is asked for.
    is_head: bool,
}

impl<S: Store, F: Fn() -> i64, const KEY: usize> Http<S, F, KEY> {
    /// Creates a session over a store or a handle to one. `clock` returns the present time in the
    /// unit of the timestamps.
    pub const fn new(store: S, clock: F) -> Self {
        Self { store, clock, fields: Some(Fields::NEW), reply: None, is_head: false }
    }

    /// Receives the head. Returns how many bytes were consumed.
    fn receive(&mut self, input: &[u8]) -> usize {
        let mut line: &[u8] = b"";
        if self.reply.is_none() {
            let longest = longest_line(KEY);
            let begin = input.get(..longest).unwrap_or(input);
            let end = begin.iter().position(|byte| *byte == b'\n');
            if end.is_none() && begin.len() < longest {
                return 0;
            }
            let whole = end.and_then(|end| begin.get(..end));
            self.is_head = input.starts_with(b"HEAD ");
            self.answer(whole.map_or(Err(Refusal::LineTooLong), Request::parse));
            line = whole.unwrap_or_default();
        }
        // The line feed of the line is skipped with the fields.
        let rest = input.get(line.len()..).unwrap_or_default();
        match self.fields.as_mut().map(|fields| fields.skip(rest)) {
            None | Some(Skipped::All) => return input.len(),
            Some(Skipped::TooLong) => self.answer(Err(Refusal::HeadTooLong)),
            Some(Skipped::Head) => {}
        }
        // What follows the head is ignored: nothing that is answered has a body.
        self.fields = None;
        input.len()
    }

    fn answer(&mut self, request: Result<Request<KEY>, Refusal>) {
        if let Err(Refusal::NotHttp) = request {
            // Nothing tells where such a head ends.
            self.fields = None;
        }
        let reply = self.reply.insert(match request {
            Ok(request) => Reply::new(request, (self.clock)()),
            Err(refusal) => Reply::refusal(refusal),
        });
        if self.is_head {
            reply.remove_body();
        }
    }
}

impl<S: Store, F: Fn() -> i64, const KEY: usize> Session for Http<S, F, KEY> {
    fn min_input(&self) -> usize {
        longest_line(KEY)
    }

    fn min_output(&self) -> usize {
        1
    }

    fn process(&mut self, input: &[u8], output: &mut [u8], filled: usize) -> Progress {
        let consumed = self.receive(input);
        let (None, Some(reply)) = (self.fields, &mut self.reply) else {
            return Progress { consumed, filled, next: Next::Input };
        };
        let (filled, next) = reply.fill(&mut self.store, output, filled);
        let next = match next {
            query::Next::More => Next::Output,
            query::Next::Wait => Next::Wait,
            _ => Next::Close,
        };
        Progress { consumed, filled, next }
    }

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        if S::WAITS { self.store.poll_ready(context) } else { Poll::Ready(Ok(())) }
    }
}
