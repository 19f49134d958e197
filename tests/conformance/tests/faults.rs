//! The suite finds faults: for each server with one fault, a case that names the fault fails.

use std::collections::BTreeSet;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use metric_conformance::{
    Bounds, Feed, MemoryServer, ModelConnection, ModelStore, Offer, Options, Soak, check,
};

#[test]
fn every_fault_is_caught() {
    for (fault, case) in FAULTS {
        let options = Options { filter: Some(case.into()), ..Options::default() };
        let summary = check(&mut faulty_server(fault), &options);
        let caught = summary.failures().any(|(name, _)| name == case);
        assert!(caught, "not caught: {fault:?} by: {case}{summary}");
    }
}

#[test]
fn a_soak_ends_at_a_fault_and_passes_without_one() {
    let faults =
        [Fault::FirstWins, Fault::StoresLate, Fault::Request(join_spaces), Fault::Reply(backwards)];
    for fault in faults {
        assert!(!soak_passes(&faulty_server(fault)), "not caught: {fault:?}");
    }
    assert!(soak_passes(&MemoryServer::model(OFFER)));
}

fn soak_passes(server: &MemoryServer) -> bool {
    let run = || {
        let mut soak = Soak::new(server, 1, "soak");
        for _ in 0..50 {
            soak.burst();
            soak.reconnect();
        }
        assert_eq!(soak.connections(), 51 * 10);
        assert_eq!(soak.requests(), 10 * (51 * 2 + 50 * 20));
    };
    catch_unwind(AssertUnwindSafe(run)).is_ok()
}

/// A fault of the model.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Each line is changed before the model gets it.
    Request(fn(String) -> String),
    /// Each reply of the model is changed.
    Reply(fn(String) -> String),
    /// A stored sample is never replaced.
    FirstWins,
    /// The connection is closed after a wrong command.
    Closes,
    /// Half a line at the end of the connection is obeyed.
    ObeysHalfLines,
    /// A sample is stored only at the next request of the connection.
    StoresLate,
    /// Each bound is one larger than offered.
    OneMore,
}

const OFFER: Offer = Offer { connections: 10, series: 50, samples: 500, line: 640, key: 255 };

const FAULTS: [(Fault, &str); 22] = [
    (Fault::Request(keep_cr), "one CR right before the LF is dropped: CR LF ends a line too"),
    (Fault::Request(drop_crs), "of two CRs before the LF only one is dropped"),
    (Fault::Request(take_tabs), "a tab is not a space"),
    (Fault::Request(trim), "a space at either end is a wrong command"),
    (Fault::Request(join_spaces), "two spaces in a row are a wrong command"),
    (Fault::Request(lower_case), "commands are lower case"),
    (Fault::Request(obey_rest), "nothing inside a too long line is obeyed"),
    (Fault::Request(cut_fraction), "a timestamp that is not an integer is a wrong command"),
    (Fault::Request(take_infinity), "nan and infinity are wrong in any spelling"),
    (Fault::Reply(no_fraction), "a whole value is written with `.0`"),
    (Fault::Reply(no_plus), "a value from 1e16 on has an exponent with a plus"),
    (Fault::Reply(backwards), "samples are listed by timestamp, whatever order they came in"),
    (Fault::Reply(as_text), "timestamps are ordered as numbers, not as text"),
    (Fault::Reply(short), "a `get *` of 10,000 samples is complete and ordered"),
    (Fault::Reply(other_error), "the dialogue of the description holds byte for byte"),
    (Fault::FirstWins, "the same key and timestamp replace the value"),
    (Fault::Closes, "a wrong command keeps the connection open"),
    (Fault::ObeysHalfLines, "a connection that ends inside a request harms nobody"),
    (Fault::StoresLate, "a put is visible to every connection once its reply is there"),
    (Fault::OneMore, "a line one byte longer is a wrong command"),
    (Fault::OneMore, "a key one byte longer is a wrong command"),
    (Fault::OneMore, "in a full series the oldest sample gives way to a newer one"),
];

fn keep_cr(line: String) -> String {
    line.replace('\r', "\r\r")
}

fn drop_crs(line: String) -> String {
    line.replace('\r', "")
}

fn take_tabs(line: String) -> String {
    line.replace('\t', " ")
}

fn trim(line: String) -> String {
    format!("{}\n", line.trim())
}

fn join_spaces(line: String) -> String {
    line.split(' ').filter(|field| !field.is_empty()).collect::<Vec<_>>().join(" ")
}

fn lower_case(line: String) -> String {
    line.to_lowercase()
}

/// Obeys the rest of a too long line as another line.
fn obey_rest(line: String) -> String {
    if line.len() > OFFER.line + 1 { line[OFFER.line..].to_owned() } else { line }
}

fn cut_fraction(line: String) -> String {
    line.replace(".0\n", "\n")
}

fn take_infinity(line: String) -> String {
    line.replace("inf", "1e308")
}

fn no_fraction(reply: String) -> String {
    reply.replace(".0 ", " ")
}

fn no_plus(reply: String) -> String {
    reply.replace("e+", "e")
}

fn backwards(reply: String) -> String {
    with_rows(&reply, |rows| rows.reverse())
}

fn as_text(reply: String) -> String {
    with_rows(&reply, |rows| {
        rows.sort_by_key(|row| row.rsplit(' ').next());
    })
}

fn short(reply: String) -> String {
    with_rows(&reply, |rows| rows.truncate(9_999))
}

fn other_error(reply: String) -> String {
    reply.replace("wrong command", "unknown command")
}

fn with_rows(reply: &str, change: impl FnOnce(&mut Vec<&str>)) -> String {
    let mut lines: Vec<&str> = reply.lines().collect();
    let status = lines.remove(0);
    lines.pop();
    change(&mut lines);
    lines.insert(0, status);
    lines.join("\n") + "\n\n"
}

fn faulty_server(fault: Fault) -> MemoryServer {
    MemoryServer::new(OFFER, move || {
        let store = ModelStore::new(bounds(fault));
        let shared = Arc::new(Mutex::new((store, BTreeSet::new())));
        move || -> Feed {
            let mut session = Session {
                fault,
                shared: Arc::clone(&shared),
                unfinished: Vec::new(),
                postponed: None,
                closed: false,
            };
            Box::new(move |bytes| session.feed(bytes))
        }
    })
}

fn bounds(fault: Fault) -> Bounds {
    let excess = usize::from(matches!(fault, Fault::OneMore));
    Bounds {
        line: OFFER.line + excess,
        key: OFFER.key + excess,
        series: OFFER.series + excess,
        samples: OFFER.samples + excess,
    }
}

/// The model with a fault, and the keys and timestamps that were put.
type Shared = (ModelStore, BTreeSet<(String, String)>);

struct Session {
    fault: Fault,
    shared: Arc<Mutex<Shared>>,
    unfinished: Vec<u8>,
    postponed: Option<String>,
    closed: bool,
}

impl Session {
    fn feed(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut replies = String::new();
        for &byte in bytes {
            if self.closed {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.unfinished.push(byte);
            if byte == b'\n' {
                let line = std::mem::take(&mut self.unfinished);
                replies += &self.answer(String::from_utf8_lossy(&line).into_owned());
            }
        }
        Ok(replies.into_bytes())
    }

    fn answer(&mut self, line: String) -> String {
        let is_put = line.starts_with("put ");
        match self.fault {
            Fault::Request(change) => self.ask(&change(line)),
            Fault::Reply(change) => change(self.ask(&line)),
            Fault::FirstWins if is_put && !self.is_first(&line) => OK.into(),
            Fault::StoresLate => {
                let before = self.postponed.take();
                before.into_iter().for_each(|line| _ = self.ask(&line));
                self.postponed = is_put.then(|| line.clone());
                if is_put { OK.into() } else { self.ask(&line) }
            }
            _ => self.ask(&line),
        }
    }

    fn ask(&mut self, line: &str) -> String {
        let reply = ModelConnection::default().feed(&mut self.lock().0, line.as_bytes());
        let reply = String::from_utf8_lossy(&reply).into_owned();
        self.closed = matches!(self.fault, Fault::Closes) && reply.starts_with("error");
        reply
    }

    fn is_first(&self, line: &str) -> bool {
        let fields: Vec<&str> = line.trim().split(' ').collect();
        let sample = (fields[1].to_owned(), fields[fields.len() - 1].to_owned());
        self.lock().1.insert(sample)
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if matches!(self.fault, Fault::ObeysHalfLines) {
            let _ = self.feed(b"\n");
        }
    }
}

const OK: &str = "ok\n\n";
