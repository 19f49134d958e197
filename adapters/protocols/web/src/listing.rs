//! A list that is written in turns.

use metric_proto::Store;
use metric_query::{Filled, Next, Produce};

use crate::memory::Held;

/// Fills a reply with a list. It holds the memory of its items until they are sent.
#[derive(Debug)]
pub struct Listing<I> {
    /// The items as they are written.
    items: I,
    frame: Frame,
    state: State,
    /// How many more items may be written.
    left: usize,
    /// What is written, and how much of it is sent.
    written: Vec<u8>,
    sent: usize,
    _held: Held,
}

/// What stands before, between and behind the items of a list.
#[derive(Clone, Debug)]
pub struct Frame {
    /// What stands before the first item.
    pub begin: Vec<u8>,
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

/// So many items take less time than a turn.
const SHORT: usize = 256;

/// So many items are dropped in a turn, since many take long.
const DROPPED: usize = 1_024;

impl<I: Iterator<Item: AsRef<[u8]>>> Listing<I> {
    /// Creates a reply that was not begun.
    pub fn new(items: I, frame: Frame, held: Held) -> Self {
        let (state, written) = (State::New, Vec::new());
        Self { items, frame, state, left: usize::MAX, written, sent: 0, _held: held }
    }

    /// Writes only the first items, so many at most.
    #[must_use]
    pub fn of_first(self, most: usize) -> Self {
        Self { left: most, ..self }
    }

    /// Returns the whole list, if it has so few items that others need no turn before it.
    pub fn short(&mut self) -> Option<Vec<u8>> {
        self.items.size_hint().1.filter(|most| *most <= SHORT)?;
        while self.state != State::Ended {
            self.write();
        }
        Some(std::mem::take(&mut self.written))
    }

    /// Writes the next item with what stands before it, or the end.
    fn write(&mut self) {
        let Self { items, frame, state, left, written, .. } = self;
        let item = if *left > 0 { items.next() } else { None };
        *left -= usize::from(item.is_some());
        match (*state, &item) {
            (State::New, _) => written.append(&mut frame.begin),
            (_, Some(_)) => written.extend_from_slice(frame.between.as_bytes()),
            _ => {}
        }
        *state = if item.is_some() { State::Begun } else { State::Ended };
        match item {
            Some(item) => written.extend_from_slice(item.as_ref()),
            None => written.extend_from_slice(frame.end.as_bytes()),
        }
    }
}

impl<I: Iterator<Item: AsRef<[u8]>>> Produce for Listing<I> {
    fn fill<T: Store>(&mut self, _: &mut T, output: &mut [u8]) -> Filled {
        if self.sent == self.written.len() {
            self.sent = 0;
            self.written.clear();
            while self.written.len() < output.len() && self.state != State::Ended {
                self.write();
            }
        }
        let rest = &self.written[self.sent..];
        let bytes = rest.len().min(output.len());
        output[..bytes].copy_from_slice(&rest[..bytes]);
        self.sent += bytes;
        let is_written = self.state == State::Ended && bytes == rest.len();
        // Those that are not written are dropped in turns, too.
        let is_done = is_written && self.items.by_ref().take(DROPPED).count() < DROPPED;
        Filled { bytes, next: if is_done { Next::Done } else { Next::More } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::Memory;
    use metric_proto::FixedStore;

    #[test]
    fn a_list_is_written_for_one_output_at_a_time_and_holds_memory_until_it_is_sent() {
        let mut store = FixedStore::<1, 1, 1>::new();
        for count in [0, 1, 99] {
            let items: Vec<_> = (0..count).map(|number| format!("\"item {number}\"")).collect();
            let frame = Frame { begin: b"{\"data\":[".to_vec(), between: ",", end: "]}" };
            let memory = Memory::new(9);
            let mut held = memory.hold();
            held.take(9).unwrap();
            let mut listing = Listing::new(items.iter(), frame, held);
            let (mut bytes, mut output) = (Vec::new(), [0; 20]);
            loop {
                let filled = listing.fill(&mut store, &mut output);
                bytes.extend_from_slice(&output[..filled.bytes]);
                assert!(listing.written.len() < 60, "it writes ahead");
                if filled.next == Next::Done {
                    break;
                }
            }
            let expected = format!("{{\"data\":[{}]}}", items.join(","));
            assert_eq!(String::from_utf8(bytes).unwrap(), expected);
            assert_eq!(memory.free(), 0);
            drop(listing);
            let frame = || Frame { begin: vec![b'['], between: ",", end: "]" };
            let mut short = Listing::new(items.iter(), frame(), memory.hold());
            assert_eq!(short.short(), Some(format!("[{}]", items.join(",")).into_bytes()));
            let many = items.iter().cycle().take(items.len() * 3);
            assert_eq!(Listing::new(many, frame(), memory.hold()).short().is_none(), count == 99);
            assert_eq!(memory.free(), 9);
        }
    }

    #[test]
    fn items_beyond_the_first_ones_are_dropped_in_turns() {
        let mut store = FixedStore::<1, 1, 1>::new();
        let taken = std::cell::Cell::new(0);
        let items = (0..5_000).map(|number: usize| {
            taken.set(taken.get() + 1);
            number.to_string()
        });
        let frame = Frame { begin: vec![b'['], between: ",", end: "]" };
        let mut listing = Listing::new(items, frame, Memory::new(0).hold()).of_first(3);
        assert_eq!(listing.short(), None);
        let (mut output, mut fills) = ([0; 99], 0);
        loop {
            let before = taken.get();
            let filled = listing.fill(&mut store, &mut output);
            assert!(taken.get() - before <= DROPPED + 3);
            fills += 1;
            if fills == 1 {
                assert_eq!(output[..filled.bytes], *b"[0,1,2]");
            }
            if filled.next == Next::Done {
                break;
            }
        }
        assert_eq!((taken.get(), fills), (5_000, 5));
    }
}
