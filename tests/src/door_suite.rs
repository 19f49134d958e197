//! The suite for the doors of server programs: samples by the protocols of Graphite and OpenTSDB,
//! and the programs that speak them.

mod carbon;
mod collectd;
mod datagrams;
mod guests;
mod lines;
mod peer;
mod pickles;
mod stop;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::http::Http;
use crate::running::{HANG, Running};

/// Checks the doors of a server program, one promise after the other, with samples in memory and in
/// files. Programs that are not installed are skipped, and named.
///
/// # Panics
///
/// If the program breaks a promise. The last line printed names it.
pub fn check_doors(program: &Path) {
    for (promise, case) in CASES {
        for lasts in [false, true] {
            println!("{promise}{}", if lasts { ", with --data" } else { "" });
            case(&Setup { program, lasts });
        }
    }
}

type Case = (&'static str, fn(&Setup<'_>));

const CASES: &[Case] = &[
    ("lines of Graphite are stored, to the bit and in the unit of the server", lines::stored),
    ("lines of Graphite with faults cost only themselves, and are counted", lines::faulty),
    ("lines of OpenTSDB are stored, and wrong ones answered", lines::opentsdb),
    ("datagrams of Graphite are stored line by line", datagrams::stored),
    ("pickles are stored, however they are cut", pickles::stored),
    ("a pickle of anything else ends its connection and runs nothing", pickles::refused),
    ("a web page cannot store anything by any door", guests::refused),
    ("what was received before a stop is stored", stop::stored),
    ("a taken port is told with its option", stop::taken),
    ("a door that others can reach is told, with what closes it", guests::others),
    ("carbon-relay sends pickles and lines, which are stored as it says", carbon::relay),
    ("collectd sends lines to Graphite and OpenTSDB, which are stored as it says", collectd::both),
];

/// A program, and whether its samples last.
struct Setup<'a> {
    program: &'a Path,
    lasts: bool,
}

/// A running server with all doors.
struct Server {
    running: Running,
    _data: TempDir,
}

impl Setup<'_> {
    fn start(&self, options: &[&str]) -> Server {
        let data = tempfile::tempdir().expect("a temporary directory");
        self.start_in(data, options)
    }

    fn start_in(&self, data: TempDir, options: &[&str]) -> Server {
        let place = data.path().to_str().expect("text");
        let doors =
            ["--graphite", "--graphite-pickle", "--opentsdb"].map(|door| [door, "127.0.0.1:0"]);
        let lasting = ["--data", place];
        let lasting = if self.lasts { &lasting[..] } else { &[] };
        let all = [doors.as_flattened(), lasting, options].concat();
        Server { running: Running::start(self.program, &all), _data: data }
    }
}

impl Server {
    fn graphite(&self) -> SocketAddr {
        self.running.told("Graphite at ")
    }

    fn pickle(&self) -> SocketAddr {
        self.running.told("Graphite's pickles at ")
    }

    fn opentsdb(&self) -> SocketAddr {
        self.running.told("OpenTSDB at ")
    }

    /// Returns the lines of all samples.
    fn samples(&self) -> Vec<String> {
        let reply = self.running.ask("get *\n");
        let lines = reply.strip_prefix("ok\n").and_then(|reply| reply.strip_suffix("\n"));
        lines.expect("a listing").lines().map(str::to_owned).collect()
    }

    /// Waits until a counter of `/metrics` has a value.
    fn wait_for(&self, counter: &str, value: u64) {
        let since = Instant::now();
        let line = format!("{counter} {value}");
        loop {
            let metrics = self.metrics();
            if metrics.lines().any(|found| found == line) {
                return;
            }
            assert!(since.elapsed() < HANG, "no {line:?} in {metrics}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn metrics(&self) -> String {
        let reply = Http::to(&self.running).ask("GET", "/metrics", &[]);
        String::from_utf8(reply.body).expect("text")
    }
}

/// Sends bytes to a door, and returns what it replies until the connection ends.
fn send(door: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(door).expect("the door accepts");
    stream.set_read_timeout(Some(HANG)).expect("a time-out can be set");
    stream.write_all(bytes).expect("the door reads");
    stream.shutdown(Shutdown::Write).expect("the door is there");
    let mut replies = String::new();
    stream.read_to_string(&mut replies).expect("the connection ends in order");
    replies
}
