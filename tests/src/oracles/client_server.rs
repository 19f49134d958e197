//! The reports of a client that is connected to a server.

use arbitrary::{Result, Unstructured};
use metric_proto::{
    Buffer, ClientConnection, FixedStore, Key, LONGEST_KEY, MIN_OUTPUT, OutputFull, Received,
    Request, Sample, Selector, ServerConnection,
};

use super::events;
use super::limits::{self, BOARD, SAMPLES, SERIES};
use super::text::text;
use metric_conformance::Model;
use metric_conformance::model::reply::{self, Event};

/// A client that is connected to a server with a store reports what the model says about the same
/// requests, in their order, however the bytes between them are cut and delayed. Its number of
/// outstanding replies is that of the replies that it has not reported.
///
/// The bytes are steps. A step sends a request, or carries bytes in one of the two directions.
///
/// # Panics
///
/// If the law is broken.
pub fn client_server(data: &[u8]) {
    let mut source = Unstructured::new(data);
    let mut pair = Pair::new();
    while !source.is_empty() && step(&mut pair, &mut source).is_ok() {
        pair.check_pending();
    }
    pair.settle();
    pair.check_pending();
    assert_eq!(pair.events, pair.expected);
}

fn step(pair: &mut Pair, source: &mut Unstructured<'_>) -> Result<()> {
    match source.int_in_range(0..=4)? {
        0 => pair.carry_requests(size(source)?, MIN_OUTPUT + size(source)?),
        1 => pair.carry_replies(size(source)?),
        2 => pair.send(&Request::Get(Selector::All), size(source)?),
        3 => pair.send(&Request::Get(Selector::Key(key(source)?)), size(source)?),
        _ => {
            let (key, sample) = (key(source)?, sample(source)?);
            pair.send(&Request::Put { key, sample }, size(source)?);
        }
    }
    Ok(())
}

fn size(source: &mut Unstructured<'_>) -> Result<usize> {
    source.arbitrary::<u8>().map(usize::from)
}

/// Returns one of a few keys, or sometimes any key.
fn key<'a>(source: &mut Unstructured<'a>) -> Result<Key<'a>> {
    let any = if source.ratio(1, 8)? { source.arbitrary()? } else { source.choose_iter(KEYS)? };
    Ok(Key::new(any).unwrap_or(Key::new("a").expect("a key")))
}

/// The keys: one more than fit the store, and one that is too long for the server.
const KEYS: [&str; 5] = ["a", "*b", "ключ", "sixteen.bytes.ok", "seventeen.bytes.."];

fn sample(source: &mut Unstructured<'_>) -> Result<Sample> {
    let any =
        if source.ratio(1, 8)? { source.arbitrary()? } else { source.int_in_range(-5..=5)? };
    Ok(Sample::new(source.arbitrary()?, any).unwrap_or(Sample::new(-0.0, any).expect("finite")))
}

/// A client, a server, and the bytes between them.
struct Pair {
    client: ClientConnection,
    /// The number of requests sent.
    sent: usize,
    requests: Vec<u8>,
    at_server: Buffer<IN>,
    server: ServerConnection,
    store: FixedStore<SERIES, SAMPLES, LONGEST_KEY>,
    replies: Vec<u8>,
    at_client: Buffer<IN>,
    events: Vec<Event>,
    model: Model,
    expected: Vec<Event>,
}

const IN: usize = BOARD.min_input();

impl Pair {
    fn new() -> Self {
        Self {
            client: ClientConnection::new(BOARD),
            sent: 0,
            requests: Vec::new(),
            at_server: Buffer::new(),
            server: ServerConnection::new(BOARD),
            store: FixedStore::new(),
            replies: Vec::new(),
            at_client: Buffer::new(),
            events: Vec::new(),
            model: Model::new(limits::bounds(BOARD)),
            expected: Vec::new(),
        }
    }

    /// Sends a request if it fits `room` bytes. Otherwise it must have no effect.
    fn send(&mut self, request: &Request<'_>, room: usize) {
        let line = text(request);
        let mut output = vec![0; room];
        let written = self.client.send(request, &mut output);
        let fits = line.len() <= room;
        assert_eq!(written, if fits { Ok(line.len()) } else { Err(OutputFull) });
        if fits {
            assert_eq!(&output[..line.len()], line.as_bytes());
            self.requests.extend_from_slice(line.as_bytes());
            self.sent += 1;
            self.expect(&line);
        }
    }

    fn expect(&mut self, line: &str) {
        let reply = self.model.feed(line.as_bytes());
        let (events, broken) = reply::read(&reply, 1, &limits::bounds(BOARD));
        assert_eq!(broken, Ok(()), "the model speaks the protocol");
        self.expected.extend(events);
    }

    /// Carries `count` bytes of requests to the server, which answers with one output.
    fn carry_requests(&mut self, count: usize, room: usize) {
        carry(&mut self.requests, &mut self.at_server, count);
        let mut output = vec![0; room];
        let input = self.at_server.unread();
        let progress = self.server.process(&mut self.store, input, &mut output, 0);
        self.at_server.consume(progress.consumed);
        self.replies.extend_from_slice(&output[..progress.filled]);
    }

    /// Carries `count` bytes of replies to the client, which reads what it can.
    fn carry_replies(&mut self, count: usize) {
        carry(&mut self.replies, &mut self.at_client, count);
        loop {
            let received = self.client.receive(self.at_client.unread());
            let Received { consumed, event, .. } =
                received.expect("the server speaks the protocol");
            self.events.extend(event.map(events::event));
            let more = event.is_some();
            self.at_client.consume(consumed);
            if !more {
                return;
            }
        }
    }

    /// Carries all bytes in flight, in a bounded number of turns.
    fn settle(&mut self) {
        let mut turns = 0..10_000;
        while !self.is_settled() {
            assert!(turns.next().is_some(), "bytes are stuck");
            self.carry_requests(usize::MAX, MIN_OUTPUT);
            self.carry_replies(usize::MAX);
        }
    }

    /// Returns whether no bytes are in flight.
    fn is_settled(&self) -> bool {
        let on_the_way = [&self.requests[..], self.at_server.unread(), &self.replies];
        on_the_way.iter().all(|bytes| bytes.is_empty())
    }

    fn check_pending(&self) {
        let ended = self.events.iter().filter(|event| !matches!(event, Event::Sample(..)));
        assert_eq!(self.client.pending() as usize, self.sent - ended.count());
    }
}

fn carry(from: &mut Vec<u8>, to: &mut Buffer<IN>, count: usize) {
    let space = to.space();
    let count = count.min(space.len()).min(from.len());
    space[..count].copy_from_slice(&from[..count]);
    from.drain(..count);
    to.fill(count);
}
