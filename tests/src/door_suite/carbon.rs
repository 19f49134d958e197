//! Checks that what carbon-relay sends is stored.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use fastrand::Rng;

use super::peer::{Peer, free};
use super::{Server, Setup};
use crate::running::HANG;

/// The number of samples, more than carbon-relay sends in a frame.
const COUNT: i64 = 2_000;

/// What a number of a known file becomes on its way.
type Told = fn(f64) -> f64;

pub(super) fn relay(setup: &Setup<'_>) {
    let server = setup.start(&[]);
    // Pickles are exact. In lines carbon-relay writes ten decimals.
    let ways: [(&str, SocketAddr, &str, Told); 2] = [
        ("pickle", server.pickle(), "metric_graphite_pickle_samples_total", |value| value),
        ("line", server.graphite(), "metric_graphite_samples_total", |value| {
            format!("{value:.10}").parse().expect("a number")
        }),
    ];
    for (way, door, counter, told) in ways {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let Some(_relay) = start(folder.path(), way, door) else { return };
        send(folder.path());
        let count = file(way, |value| value).len() as u64;
        server.wait_for(counter, count);
        check(&server, way, &file(way, told));
    }
}

/// Fails unless the samples of a way are those of a file, to the bit.
fn check(server: &Server, way: &str, file: &[(String, f64, i64)]) {
    let samples = server.samples();
    let found = samples.into_iter().filter(|line| line.starts_with(way));
    let expected = file.iter().map(|(path, value, time)| {
        let (name, tags) = path.split_once(';').expect("it has tags");
        let tags: BTreeSet<_> = tags.split(';').collect();
        let tags = Vec::from_iter(tags).join(";");
        (format!("{name};{tags}"), value.to_bits(), *time)
    });
    let read = |line: String| {
        let fields: Vec<_> = line.split(' ').collect();
        let [key, value, time] = fields[..] else { panic!("{line}") };
        let value: f64 = value.parse().expect("a value");
        (key.to_owned(), value.to_bits(), time.parse().expect("a time"))
    };
    let (found, expected): (BTreeSet<_>, BTreeSet<_>) =
        (found.map(read).collect(), expected.collect());
    assert!(found == expected, "{:?}", found.symmetric_difference(&expected).next());
}

/// A known file: paths with tags in any order, values and times.
fn file(way: &str, told: Told) -> Vec<(String, f64, i64)> {
    let mut random = Rng::with_seed(1);
    let sample = |time| {
        let path = format!("{way}.k{};z={};a=x.y", time % 50, time % 7);
        let value = (random.f64() - 0.5) * 10_f64.powi(random.i32(-20..20));
        (path, told(value), 1_700_000_000 + time)
    };
    (0..COUNT).map(sample).collect()
}

/// Starts carbon-relay, and waits until it listens.
fn start(folder: &Path, way: &str, door: SocketAddr) -> Option<Peer> {
    let (lines, pickles, place) = (free(), free(), folder.display());
    let settings = format!(
        "[cache]\n[relay]\nSTORAGE_DIR = {place}\nCONF_DIR = {place}\nLOG_DIR = {place}\n\
         PID_DIR = {place}\nLINE_RECEIVER_INTERFACE = 127.0.0.1\nLINE_RECEIVER_PORT = {}\n\
         PICKLE_RECEIVER_INTERFACE = 127.0.0.1\nPICKLE_RECEIVER_PORT = {}\n\
         RELAY_METHOD = consistent-hashing\nDESTINATIONS = {door}\nDESTINATION_PROTOCOL = {way}\n\
         CARBON_METRIC_INTERVAL = 0\nMAX_QUEUE_SIZE = 100000\n",
        lines.port(),
        pickles.port(),
    );
    fs::write(folder.join("carbon.conf"), settings).expect("a file");
    fs::write(folder.join("storage-schemas.conf"), "").expect("a file");
    fs::write(folder.join("port"), lines.to_string()).expect("a file");
    let options = [
        format!("--config={place}/carbon.conf"),
        format!("--logdir={place}"),
        format!("--pidfile={place}/pid"),
        "--nodaemon".to_owned(),
        "start".to_owned(),
    ];
    let options: Vec<_> = options.iter().map(String::as_str).collect();
    let log = folder.join("log");
    let relay = Peer::start("carbon-relay", &options, &log)?;
    let since = Instant::now();
    while !fs::read_to_string(&log).expect("text").contains("Destination is up") {
        assert!(since.elapsed() < HANG, "{}", fs::read_to_string(&log).expect("text"));
        thread::sleep(Duration::from_millis(50));
    }
    Some(relay)
}

/// Sends the known file to carbon-relay.
fn send(folder: &Path) {
    let settings = fs::read_to_string(folder.join("carbon.conf")).expect("text");
    let way = if settings.contains("PROTOCOL = pickle") { "pickle" } else { "line" };
    let port = fs::read_to_string(folder.join("port")).expect("text");
    let mut stream = TcpStream::connect(port).expect("carbon-relay accepts");
    for (path, value, time) in file(way, |value| value) {
        stream.write_all(format!("{path} {value} {time}\n").as_bytes()).expect("it reads");
    }
}
