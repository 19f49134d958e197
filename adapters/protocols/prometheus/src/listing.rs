//! A list as JSON, which is written in turns.

use metric_proto::Store;
use metric_query::{Filled, Next, Produce};

/// Fills a reply with a list.
pub(crate) struct Listing<I> {
    items: I,
    /// Writes an item.
    put: fn(&mut String, &str),
    /// What is written and not sent.
    json: String,
    sent: usize,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    New,
    Begun,
    Ended,
}

impl<I: Iterator<Item = String>> Listing<I> {
    pub(crate) fn new(items: I, put: fn(&mut String, &str)) -> Self {
        Self { items, put, json: String::new(), sent: 0, state: State::New }
    }

    /// Writes the next item with what stands before it, or the end.
    fn write(&mut self) {
        let item = self.items.next();
        self.json.push_str(match (self.state, &item) {
            (State::New, _) => "{\"status\":\"success\",\"data\":[",
            (_, Some(_)) => ",",
            _ => "",
        });
        match item {
            Some(item) => {
                (self.put)(&mut self.json, &item);
                self.state = State::Begun;
            }
            None => {
                self.json.push_str("]}\n");
                self.state = State::Ended;
            }
        }
    }
}

impl<I: Iterator<Item = String>> Produce for Listing<I> {
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
    use crate::json::quote;
    use metric_memory::MemoryStore;

    #[test]
    fn a_list_is_written_for_one_output_at_a_time() {
        let store = MemoryStore::new(1, 1);
        for count in [0, 1, 99] {
            let items: Vec<_> = (0..count).map(|number| format!("item {number}")).collect();
            let mut listing = Listing::new(items.clone().into_iter(), quote);
            let (mut bytes, mut output) = (Vec::new(), [0; 20]);
            loop {
                let filled = listing.fill(&mut &store, &mut output);
                bytes.extend_from_slice(&output[..filled.bytes]);
                assert!(listing.json.len() < 60, "it writes ahead");
                if filled.next == Next::Done {
                    break;
                }
            }
            let json: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(json, serde_json::json!({"status": "success", "data": items}));
        }
    }
}
