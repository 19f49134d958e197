//! Runs `metric agent` as a program.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::iter;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use metric_blocking::Client;
use metric_memory::MemoryStore;
use metric_proto::{Sample, Selector};
use metric_smol::{ServerHandle, Settings};
use rustix::process::{Pid, Signal, kill_process};

/// The time after which a hang is a failure. No passing test comes near it.
const HANG: Duration = Duration::from_secs(60);

fn agent(server: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_metric"));
    command.args(["agent", "--server", server]).args(arguments);
    command
}

fn run(server: &str, arguments: &[&str]) -> (Option<i32>, Vec<String>) {
    let Output { status, stderr, .. } = agent(server, arguments).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap().lines().map(str::to_owned).collect())
}

/// An address at which nobody listens. The system gives this port to no test.
const NOBODY: &str = "127.0.0.1:1";

fn last_line(sent: usize, unsent: usize) -> String {
    format!("stopped; samples sent: {sent}, refused: 0, dropped: 0, left unsent: {unsent}")
}

/// A running agent. It is killed if the test fails.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Running {
    fn start(server: &str, arguments: &[&str]) -> Self {
        let mut child = agent(server, arguments).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || stderr.lines().try_for_each(|line| sender.send(line.unwrap())));
        Self { child, lines }
    }

    /// Reads lines up to one that begins with `start`.
    fn wait_for(&self, start: &str) -> String {
        let line = || self.lines.recv_timeout(HANG).unwrap_or_else(|_| panic!("no {start:?}"));
        iter::repeat_with(line).find(|line| line.starts_with(start)).unwrap()
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server whose store outlives it.
struct Server {
    address: SocketAddr,
    handle: &'static ServerHandle,
    thread: JoinHandle<()>,
}

impl Server {
    fn start(address: SocketAddr, store: &'static MemoryStore) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let handle: &_ = Box::leak(Box::new(ServerHandle::default()));
        let serve =
            move || metric_smol::run([listener], store, &Settings::default(), handle).unwrap();
        Self { address, handle, thread: thread::spawn(serve) }
    }

    fn stop(self) {
        self.handle.stop();
        self.thread.join().unwrap();
    }

    fn series(&self) -> BTreeMap<String, Vec<Sample>> {
        let mut client = Client::connect(&self.address.to_string(), HANG).unwrap();
        client.get(Selector::All).unwrap()
    }

    /// Waits until the load has `rounds` samples. Returns their timestamps.
    fn wait_for_rounds(&self, rounds: usize) -> Vec<i64> {
        let since = Instant::now();
        loop {
            let times = timestamps(&self.series(), "palm.cpu");
            if times.len() >= rounds {
                return times;
            }
            assert!(since.elapsed() < HANG, "only {times:?}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

fn store() -> &'static MemoryStore {
    Box::leak(Box::new(MemoryStore::new(1000, 1000)))
}

fn timestamps(series: &BTreeMap<String, Vec<Sample>>, key: &str) -> Vec<i64> {
    series.get(key).into_iter().flatten().map(|sample| sample.timestamp()).collect()
}

const ANY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

#[test]
fn every_round_arrives() {
    let server = Server::start(ANY, store());
    let arguments = ["--every", "1", "--count", "3", "--host", "palm"];
    let (code, lines) = run(&server.address.to_string(), &arguments);
    let series = server.series();
    let sent = series.values().map(Vec::len).sum();
    assert_eq!((code, lines.last()), (Some(0), Some(&last_line(sent, 0))), "{lines:?}");
    assert_eq!(lines[0], "measuring palm every 1 s");
    // Some machines report no disk.
    for key in ["palm.cpu", "palm.usage", "palm.network_usage"] {
        assert_eq!(timestamps(&series, key).len(), 3, "{key} of {series:?}");
    }
    server.stop();
}

/// The first round is 200 ms after the start, and so may be right before the next one is due.
#[test]
fn rounds_that_begin_close_together_have_loads() {
    let server = Server::start(ANY, store());
    let starts = [772, 776, 780, 782, 784, 786, 788, 790, 792, 794, 796, 798].map(|millisecond| {
        let address = server.address.to_string();
        thread::spawn(move || {
            let host = format!("at-{millisecond}");
            let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().subsec_millis();
            thread::sleep(Duration::from_millis(u64::from((1_000 + millisecond - now) % 1_000)));
            run(&address, &["--every", "1", "--count", "2", "--host", &host]);
            format!("{host}.cpu")
        })
    });
    let keys = starts.map(|start| start.join().unwrap());
    let series = server.series();
    for key in keys {
        assert_eq!(timestamps(&series, &key).len(), 2, "{key} of {series:?}");
    }
    server.stop();
}

#[test]
fn samples_measured_during_an_outage_arrive_later() {
    let store = store();
    let server = Server::start(ANY, store);
    let address = server.address;
    let mut agent = Running::start(&address.to_string(), &["--every", "1", "--host", "palm"]);
    let before = server.wait_for_rounds(1);
    server.stop();
    agent.wait_for("lost the connection to ");
    let lost = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;

    let server = Server::start(address, store);
    agent.wait_for("connected to ");
    let after = server.wait_for_rounds(before.len() + 2);
    // The sample whose sending failed is older than the message about the failure.
    assert!(after.iter().any(|time| !before.contains(time) && *time <= lost), "{after:?}");
    agent.signal(Signal::TERM);
    let last = agent.wait_for("stopped; ");
    assert_eq!(last, last_line(server.series().values().map(Vec::len).sum(), 0));
    assert_eq!(agent.child.wait().unwrap().code(), Some(0));
    server.stop();
}

#[test]
fn per_device_adds_keys_of_devices() {
    let server = Server::start(ANY, store());
    let arguments = ["--count", "1", "--host", "palm", "--per-device"];
    let (code, lines) = run(&server.address.to_string(), &arguments);
    assert_eq!(code, Some(0), "{lines:?}");
    let series = server.series();
    assert!(series.contains_key("palm.cpu") && series.contains_key("palm.cpu.0"), "{series:?}");
    server.stop();
}

#[test]
fn the_agent_succeeds_even_if_the_server_never_comes() {
    let (code, lines) = run(NOBODY, &["--count", "1"]);
    assert_eq!(code, Some(0));
    assert!(lines[1].starts_with(&format!("cannot connect to {NOBODY}: ")), "{lines:?}");
    assert!(lines[1].ends_with("; trying again"), "{lines:?}");
    assert!(
        lines[2].starts_with("stopped; samples sent: 0, refused: 0, dropped: 0, left unsent: ")
    );
}

#[test]
fn a_server_that_serves_one_connection_at_a_time_gets_samples() {
    let listener = TcpListener::bind(ANY).unwrap();
    let accept = || {
        let peer = listener.accept().unwrap().0;
        peer.set_read_timeout(Some(HANG)).unwrap();
        BufReader::new(peer)
    };
    let _agent = Running::start(&listener.local_addr().unwrap().to_string(), &[]);
    let info = r#"{"name": "x", "version": "1", "unit": "s"}"#;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", info.len());
    let mut first = accept();
    first.get_mut().write_all(&[head.as_bytes(), info.as_bytes()].concat()).unwrap();
    // This ends when the agent closes the connection.
    first.read_to_end(&mut Vec::new()).unwrap();
    let mut put = String::new();
    accept().read_line(&mut put).unwrap();
    assert!(put.starts_with("put "), "{put}");
}

#[test]
fn a_stop_does_not_wait_for_a_silent_server() {
    for signal in [Signal::INT, Signal::TERM] {
        let listener = TcpListener::bind(ANY).unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let mut agent = Running::start(&address, &["--timeout", "86400"]);
        let mut silent = BufReader::new(listener.accept().unwrap().0);
        silent.read_line(&mut String::new()).unwrap();
        agent.signal(signal);
        let last = agent.wait_for("stopped; ");
        assert!(last.starts_with("stopped; samples sent: 0, refused: 0, dropped: 0, "), "{last}");
        assert_eq!(agent.child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn unread_messages_do_not_block_the_agent() {
    let server = Server::start(ANY, store());
    let (reader, mut full) = std::io::pipe().unwrap();
    let mut command = agent(&server.address.to_string(), &["--every", "1", "--host", "palm"]);
    command.stderr(full.try_clone().unwrap());
    // Write more than any pipe holds.
    let fill = thread::spawn(move || full.write_all(&[b'\n'; 1 << 21]).is_err());
    let mut child = command.spawn().unwrap();
    server.wait_for_rounds(3);
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    drop((command, reader));
    assert!(fill.join().unwrap(), "the pipe was read");
    server.stop();
}

#[test]
fn wrong_options_are_refused_in_one_line() {
    let cases: [&[&str]; 8] = [
        &["--every", "0"],
        &["--every", "86401"],
        &["--queue", "0"],
        &["--count", "0"],
        &["--host", "a b"],
        &["--server", "8888"],
        &["--nonsense"],
        &["localhost:8888"],
    ];
    for arguments in cases {
        let mut command = Command::new(env!("CARGO_BIN_EXE_metric"));
        let output = command.arg("agent").args(arguments).output().unwrap();
        let lines = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {lines}");
        assert_eq!(lines.lines().count(), 1, "{lines}");
        assert!(lines.ends_with("; see --help\n"), "{lines}");
    }
}

#[test]
fn help_fits_a_terminal_of_80_columns() {
    let output = agent(NOBODY, &["--help"]).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("--per-device") && help.contains("NAME.disk_usage"), "{help}");
    assert!(help.lines().all(|line| line.chars().count() <= 80), "{help}");
}
