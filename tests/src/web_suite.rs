//! The suite for the HTTP side of server programs: each row of the API, its limits, and how it
//! shares a port with the native protocol.

mod bodies;
mod connections;
mod deletes;
mod framing;
mod grafana;
mod guests;
mod limits;
mod live;
mod ports;
mod puts;
mod reads;
mod stops;
mod times;
mod wrong;

use std::ops::Deref;
use std::path::Path;

use tempfile::TempDir;

use crate::running::Running;

/// Checks the HTTP side of a server program, one promise after the other, with samples in memory and
/// in files.
///
/// # Panics
///
/// If the program breaks a promise. The last line printed names it.
pub fn check_web(program: &Path) {
    for (promise, case) in OF_ANY_STORE {
        for lasts in [false, true] {
            println!("{promise}{}", if lasts { ", with --data" } else { "" });
            case(&Setup { program, lasts });
        }
    }
    for (promise, case) in CASES {
        println!("{promise}");
        case(&Setup { program, lasts: false });
    }
}

type Case = (&'static str, fn(&Setup<'_>));

const OF_ANY_STORE: &[Case] = &[
    ("every row that reads shows what was put, in each format", reads::rows),
    ("series are selected by patterns and by keys", reads::selection),
    ("pages of keys and of levels join without a gap until next is null", reads::pages),
    ("values are the same to the bit, and times to 64 bits", reads::exact),
    ("a long range is whole, also if its samples must be fetched", reads::long),
    ("puts of three forms are stored, and refused line by line", puts::forms),
    ("what a put has acknowledged is seen by the native protocol at once", puts::seen),
    ("what Grafana asks of a Graphite is answered as it reads it", grafana::requests),
    ("deleting wants --allow-delete, and a count for patterns", deletes::asked),
];

const CASES: &[Case] = &[
    ("times may be numbers, RFC 3339 or relative, in the server's unit", times::units),
    ("a wrong request is told what was wrong, where, and what to do", wrong::requests),
    ("a path that is not there gets 404, a wrong method 405 and Allow", wrong::paths),
    ("a query over a budget gets 422 before its reply, or an error at its end", wrong::budgets),
    ("the format is that of Accept, by preference, unless format= says it", bodies::accept),
    ("a reply is compressed for those who take gzip", bodies::gzip),
    ("HEAD gets the head of GET, and nothing behind it is lost", bodies::head),
    ("a page that is known is not sent again", bodies::tag),
    ("counters and health are told", bodies::server),
    ("with --self-metrics the server keeps its counters as series", bodies::own_counters),
    ("a put of another kind, or too long, is refused", puts::refused),
    (
        "a put whose body is refused at its length is read on until the reply is taken",
        puts::lingers,
    ),
    ("a deleted series stays deleted after kill -9 and merges", deletes::for_good),
    ("live sends the newest sample, then newer ones, each once", live::events),
    ("live finds new series among many", live::many),
    ("live ends when the server stops", live::stop),
    ("a reply in progress goes on while the server stops", stops::in_reply),
    ("a server that stops answers no further request and ends in time", stops::idle),
    ("a request names one host, which is this server", guests::hosts),
    ("pages of other sites are refused, unless they are allowed", guests::origins),
    ("a body has one length, told in one way", framing::lengths),
    ("broken chunks end the connection, right ones are read however cut", framing::chunks),
    ("broken heads are refused and end the connection", framing::heads),
    ("HTTP/1.0 is answered, and kept open if it asks for that", connections::old),
    ("a thousand requests at once are answered in order", connections::pipelined),
    ("readers that take nothing do not keep others waiting", connections::deaf),
    ("a peer that ends its side gets its reply", connections::half_closed),
    ("a client that waits for 100 gets it, and may be refused before", connections::continued),
    (
        "heads up to 16 KiB, 64 headers and targets up to 8 KiB are read, no longer ones",
        limits::heads,
    ),
    ("a slow head or body and a silent peer are ended", limits::slow),
    (
        "at the bound of HTTP connections others get 503, and foreign pages take no place",
        limits::places,
    ),
    ("HTTP and the native protocol do not take each other's connections", limits::apart),
    ("the protocol of a connection is told however its first line is cut", ports::cut),
    ("both protocols work at once on many connections", ports::both),
    ("--http off speaks the native protocol alone", ports::off),
    ("--http with an address has HTTP there and nowhere else", ports::own),
];

/// A server program, and whether its samples are in files.
struct Setup<'a> {
    program: &'a Path,
    lasts: bool,
}

/// A server of a [`Setup`].
struct Server {
    running: Running,
    /// The directory of its files, which is removed with it.
    _place: Option<TempDir>,
}

impl Setup<'_> {
    /// Starts a server. If its samples are in files, few of them are in memory.
    fn start(&self, options: &[&str]) -> Server {
        if !self.lasts {
            return Server { running: Running::start(self.program, options), _place: None };
        }
        let parent = tempfile::tempdir().expect("a temporary directory");
        let data = parent.path().join("data");
        let running = self.start_at(&data, options);
        Server { running, _place: Some(parent) }
    }

    /// Starts a server over the files of a directory.
    fn start_at(&self, data: &Path, options: &[&str]) -> Running {
        let lasting = ["--data", data.to_str().expect("text"), "--max-memory", "4M"];
        Running::start(self.program, &[&lasting[..], options].concat())
    }
}

impl Deref for Server {
    type Target = Running;

    fn deref(&self) -> &Running {
        &self.running
    }
}

/// The two series of most cases.
const SAMPLES: &str = "put palm.cpu 23.7 1150864247\nput palm.cpu 24.5 1150864248\n\
    put palm.disk.a 1 1150864247\n";
