//! The reports of a client that receives any bytes.

use metric_proto::{
    ClientConnection, InvalidReply, LONGEST_KEY, Limits, Received, Request, Selector,
};

use super::events::{event, fault};
use super::{limits, pieces};
use metric_conformance::Bounds;
use metric_conformance::model::reply::{self, Event, Fault};

/// For any bytes a client reports what the model parses, and fails where and how the model fails,
/// however the bytes are cut, with an input buffer of the smallest size. Once it has failed, it fails
/// for good.
///
/// # Panics
///
/// If the law is broken.
pub fn parse_reply(data: &[u8]) {
    for (limits, pending) in limits::ALL.into_iter().zip([1, 2, 3, 1]) {
        reads(limits, data, pending);
    }
}

fn reads(limits: Limits, data: &[u8], pending: u32) {
    let bounds = Bounds { key: LONGEST_KEY, ..limits::bounds(limits) };
    let expected = reply::read(data, pending, &bounds);
    let mut whole = Reader::new(limits, pending);
    whole.read(data);
    assert_eq!(whole.report(pending), expected, "in one piece, {limits:?}");
    for sizes in cuts(data.len()) {
        let mut reader = Reader::new(limits, pending);
        pieces::feed(limits, data, &sizes, |input| input.consume(reader.read(input.unread())));
        assert_eq!(reader.report(pending), expected, "in pieces of {sizes:?}, {limits:?}");
    }
}

/// Returns the sizes of pieces: single bytes, a few sizes in turn, as much as there is room for, and,
/// for a short input, each way to cut it in two.
fn cuts(length: usize) -> Vec<Vec<usize>> {
    let halves = (1..length).filter(|_| length <= SHORT).map(|cut| vec![cut, length - cut]);
    [vec![1], vec![2, 7, 3], vec![usize::MAX]].into_iter().chain(halves).collect()
}

const SHORT: usize = 24;

/// A client and its reports.
struct Reader {
    client: ClientConnection,
    events: Vec<Event>,
    broken: Result<(), InvalidReply>,
}

impl Reader {
    fn new(limits: Limits, pending: u32) -> Self {
        let mut client = ClientConnection::new(limits);
        for _ in 0..pending {
            client.send(&Request::Get(Selector::All), &mut [0; 6]).expect("6 bytes are a get *");
        }
        Self { client, events: Vec::new(), broken: Ok(()) }
    }

    /// Reads as much as possible. Returns the number of consumed bytes.
    fn read(&mut self, bytes: &[u8]) -> usize {
        let mut done = 0;
        while self.broken.is_ok() {
            match self.client.receive(&bytes[done..]) {
                Ok(Received { consumed, event: Some(event), .. }) => {
                    done += consumed;
                    self.events.push(self::event(event));
                }
                Ok(Received { consumed, event: None, .. }) => return done + consumed,
                Err(error) => self.broken = Err(error),
            }
        }
        bytes.len()
    }

    /// Returns the events and the fault of a client that began with `pending` outstanding replies.
    fn report(mut self, pending: u32) -> (Vec<Event>, Result<(), Fault>) {
        if let Err(error) = self.broken {
            for more in [&b""[..], b"ok\n\n"] {
                assert_eq!(self.client.receive(more), Err(error), "it stays broken");
            }
        }
        let ended = self.events.iter().filter(|event| !matches!(event, Event::Sample(..)));
        assert_eq!(self.client.pending() as usize, pending as usize - ended.count());
        (self.events, self.broken.map_err(fault))
    }
}
