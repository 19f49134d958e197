//! The core conforms in memory, with either store.

use std::sync::{Arc, Mutex, PoisonError};

use metric_conformance::model::request::{self, Request};
use metric_conformance::{Feed, MemoryServer, Offer, Options, check};
use metric_memory::MemoryStore;
use metric_proto::{FixedStore, Key, Limits, MIN_OUTPUT, Next, ServerConnection, Store};

/// The bounds of a small board.
const BOARD: Offer = Offer { connections: 4, series: 8, samples: 16, line: 128, key: 32 };

#[test]
fn the_core_with_the_fixed_store_conforms() {
    let mut server = server(BOARD, FixedStore::<8, 16, 32>::new);
    check(&mut server, &Options::default()).assert_passed();
}

#[test]
fn the_core_with_the_memory_store_conforms() {
    for offer in [Offer::DESKTOP, BOARD] {
        let make = move || &*Box::leak(Box::new(MemoryStore::new(offer.series, offer.samples)));
        check(&mut server(offer, make), &Options::default()).assert_passed();
    }
}

#[test]
fn every_character_is_a_key_to_the_core_as_it_is_to_the_model() {
    for letter in '\0'..=char::MAX {
        let core = Key::new(letter.encode_utf8(&mut [0; 4])).is_ok();
        let line = format!("get {letter}");
        let model = request::parse(line.as_bytes(), &BOARD.into());
        assert_eq!(core, matches!(model, Some(Request::Get(_))), "{letter:?}");
    }
}

fn server<S: Store + Send + 'static>(offer: Offer, make: impl Fn() -> S + 'static) -> MemoryServer {
    MemoryServer::new(offer, move || {
        let store = Arc::new(Mutex::new(make()));
        move || feed(Limits::new(offer.line, offer.key), Arc::clone(&store))
    })
}

fn feed<S: Store + Send + 'static>(limits: Limits, store: Arc<Mutex<S>>) -> Feed {
    let (mut server, mut unread) = (ServerConnection::new(limits), Vec::new());
    Box::new(move |bytes| {
        let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut replies, mut next) = (Vec::new(), Next::Output);
        unread.extend_from_slice(bytes);
        while next == Next::Output {
            let mut output = [0; MIN_OUTPUT];
            let progress = server.process(&mut *store, &unread, &mut output, 0);
            unread.drain(..progress.consumed);
            replies.extend_from_slice(&output[..progress.filled]);
            next = progress.next;
        }
        Ok(replies)
    })
}
