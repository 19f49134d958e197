//! A list as JSON that is written in turns.

use metric_proto::Store;
use metric_query::{Filled, Next, Produce};

use crate::memory::Held;

/// Fills a reply with a list. It holds the memory of its items until they are sent.
#[derive(Debug)]
pub struct Listing<I: Iterator> {
    items: I,
    /// Writes an item.
    put: fn(&mut String, I::Item),
    frame: Frame,
    state: State,
    /// What is written, and how much of it is sent.
    json: String,
    sent: usize,
    _held: Held,
}

/// What stands before, between and behind the items of a list.
#[derive(Clone, Debug)]
pub struct Frame {
    /// What stands before the first item.
    pub begin: String,
    /// What stands between two items.
    pub between: &'static str,
    /// What stands behind the last item.
    pub end: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Begun,
    Ended,
}

impl<I: Iterator> Listing<I> {
    /// Creates a reply that was not begun.
    pub fn new(items: I, put: fn(&mut String, I::Item), frame: Frame, held: Held) -> Self {
        let (state, json) = (State::New, String::new());
        Self { items, put, frame, state, json, sent: 0, _held: held }
    }

    /// Writes the next item with what stands before it, or the end.
    fn write(&mut self) {
        let item = self.items.next();
        match (self.state, &item) {
            (State::New, _) => self.json.push_str(&self.frame.begin),
            (_, Some(_)) => self.json.push_str(self.frame.between),
            _ => {}
        }
        self.state = if item.is_some() { State::Begun } else { State::Ended };
        match item {
            Some(item) => (self.put)(&mut self.json, item),
            None => self.json.push_str(self.frame.end),
        }
    }
}

impl<I: Iterator> Produce for Listing<I> {
    fn fill<T: Store>(&mut self, _: &mut T, output: &mut [u8]) -> Filled {
        if self.sent == self.json.len() {
            self.sent = 0;
            self.json.clear();
            while self.json.len() < output.len() && self.state != State::Ended {
                self.write();
            }
        }
        let rest = &self.json.as_bytes()[self.sent..];
        let bytes = rest.len().min(output.len());
        output[..bytes].copy_from_slice(&rest[..bytes]);
        self.sent += bytes;
        let is_done = self.state == State::Ended && bytes == rest.len();
        Filled { bytes, next: if is_done { Next::Done } else { Next::More } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;
    use crate::refusal::quote;
    use metric_proto::FixedStore;

    #[test]
    fn a_list_is_written_for_one_output_at_a_time_and_holds_memory_until_it_is_sent() {
        let mut store = FixedStore::<1, 1, 1>::new();
        for count in [0, 1, 99] {
            let items: Vec<_> = (0..count).map(|number| format!("item {number}")).collect();
            let frame = Frame { begin: "{\"data\":[".to_owned(), between: ",", end: "]}" };
            let (memory, put) =
                (Memory::new(9), |json: &mut String, item: String| quote(json, &item));
            let mut held = memory.hold();
            held.take(9).unwrap();
            let mut listing = Listing::new(items.clone().into_iter(), put, frame, held);
            let (mut bytes, mut output) = (Vec::new(), [0; 20]);
            loop {
                let filled = listing.fill(&mut store, &mut output);
                bytes.extend_from_slice(&output[..filled.bytes]);
                assert!(listing.json.len() < 60, "it writes ahead");
                if filled.next == Next::Done {
                    break;
                }
            }
            let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(json, serde_json::json!({"data": items}));
            assert_eq!(memory.free(), 0);
            drop(listing);
            assert_eq!(memory.free(), 9);
        }
    }
}
