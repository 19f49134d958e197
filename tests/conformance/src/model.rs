//! A plain reference server: bytes in, reply bytes out.
//!
//! It is written to be read beside the protocol, not to be fast. Its replies are right by
//! inspection, so servers are compared with it, and fuzzers use it.

pub mod reply;
pub mod request;
pub mod rounding;
mod store;
pub mod value;

pub use store::{Bounds, ModelStore};

use request::Request;

/// A store and one connection to it.
#[derive(Clone, Debug)]
pub struct Model {
    store: ModelStore,
    connection: ModelConnection,
}

impl Model {
    /// Creates an empty server with these bounds.
    pub fn new(bounds: Bounds) -> Self {
        Self { store: ModelStore::new(bounds), connection: ModelConnection::default() }
    }

    /// Takes the next bytes of the stream and gives the replies to the lines they complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.connection.feed(&mut self.store, bytes)
    }
}

/// One connection, with the part of a line that has arrived so far.
#[derive(Clone, Debug, Default)]
pub struct ModelConnection {
    line: Vec<u8>,
    /// Whether a line of HTTP has arrived.
    refuses: bool,
}

impl ModelConnection {
    /// Takes the next bytes of the stream and gives the replies to the lines they complete.
    pub fn feed(&mut self, store: &mut ModelStore, bytes: &[u8]) -> Vec<u8> {
        let mut replies = String::new();
        for &byte in bytes {
            if byte == b'\n' {
                let wrong = || WRONG.to_owned();
                let refuses = self.refuses.then(wrong);
                replies.push_str(&refuses.unwrap_or_else(|| answer(store, &self.line)));
                self.refuses |= is_http(without_cr(&self.line), store.bounds().line);
                self.line.clear();
            } else if self.line.len() < store.bounds().line + 2 {
                // Two bytes more than the longest line are kept: one may be the CR, the other
                // proves that the line is too long.
                self.line.push(byte);
            }
        }
        replies.into_bytes()
    }
}

fn answer(store: &mut ModelStore, line: &[u8]) -> String {
    match request::parse(without_cr(line), store.bounds()) {
        Some(Request::Put(key, value, timestamp)) => match store.put(key, value, timestamp) {
            Ok(()) => OK.into(),
            Err(_) => WRONG.into(),
        },
        Some(Request::Get(key)) => listing(store.rows(Some(key))),
        Some(Request::GetAll) => listing(store.rows(None)),
        None => WRONG.into(),
    }
}

/// Returns whether a line begins like a request line of HTTP, and ends like one or is longer than
/// `bound`.
pub fn is_http(line: &[u8], bound: usize) -> bool {
    // A server need not hold more of a line than this.
    let front = line.get(..bound + 2).unwrap_or(line);
    let capitals = front.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    let target = [" /", " *", " http"];
    let begins =
        capitals > 0 && target.iter().any(|it| front[capitals..].starts_with(it.as_bytes()));
    let ends = [" HTTP/1.0", " HTTP/1.1"].iter().any(|end| line.ends_with(end.as_bytes()));
    begins && (ends || line.len() > bound)
}

/// Returns the line without one CR at its end, if there is one.
pub fn without_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn listing(rows: String) -> String {
    format!("ok\n{rows}\n")
}

const OK: &str = "ok\n\n";
const WRONG: &str = "error\nwrong command\n\n";

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { line: 24, key: 8, series: 2, samples: 2 };

    fn answers(dialogue: &[(&str, &str)]) {
        let mut model = Model::new(BOUNDS);
        for (line, reply) in dialogue {
            let got = model.feed(format!("{line}\n").as_bytes());
            assert_eq!(String::from_utf8(got).unwrap(), *reply, "{line}");
        }
    }

    #[test]
    fn the_examples_of_the_protocol_hold() {
        answers(&[
            ("put cpu 23.7 1150864247", OK),
            ("get cpu", "ok\ncpu 23.7 1150864247\n\n"),
            ("get nothing", OK),
            ("get too.long.", WRONG),
            ("hello", WRONG),
        ]);
    }

    #[test]
    fn a_full_series_and_a_full_table_keep_their_bounds() {
        answers(&[
            ("put a 1 1", OK),
            ("put a 2 2", OK),
            ("put a 0 0", WRONG),
            ("put a 3 3", OK),
            ("put a 4 2", OK),
            ("put b 1 1", OK),
            ("put c 1 1", WRONG),
            ("get *", "ok\na 4.0 2\na 3.0 3\nb 1.0 1\n\n"),
        ]);
    }

    #[test]
    fn after_a_line_of_http_every_line_is_wrong() {
        let long = format!("GET /{}", "a".repeat(20));
        for line in ["GET / HTTP/1.1", "OPTIONS * HTTP/1.0\r", &long] {
            answers(&[("put a 1 1", OK), (line, WRONG), ("put a 1 1", WRONG), ("get a", WRONG)]);
        }
        for line in ["GET /", "get / HTTP/1.1", "GET / HTTP/1.1 ", "GET /aaaaaaaaaaaaaaaaaaa"] {
            answers(&[(line, WRONG), ("put a 1 1", OK)]);
        }
    }

    #[test]
    fn the_line_bound_does_not_count_the_cr() {
        answers(&[
            ("put cpu 00000000000000 1", OK),
            ("put cpu 00000000000000 1\r", OK),
            ("put cpu 00000000000000 1\r\r", WRONG),
            ("put cpu 000000000000000 1", WRONG),
            ("put cpu 000000000000000 1\r", WRONG),
        ]);
    }
}
