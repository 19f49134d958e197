//! Checks what a server does when nothing can be written.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, prlimit};

use super::durable::place;
use crate::running::{HANG, Running};

/// Options of a server whose logs have 4 MB. It keeps two, and needs room for a segment, too.
const SMALL: [&str; 4] = ["--keep-bytes", "64M", "--max-key", "1000"];

/// A server in a mount namespace of its own, with its data on a small disk in memory.
pub(super) fn disk(program: &Path) {
    let (parent, _) = place();
    let script = "mount -t tmpfs -o size=40M none \"$1\" && exec \"$0\" --listen 127.0.0.1:0 \
                  --data \"$1\" \"$2\" \"$3\" \"$4\" \"$5\"";
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c"]);
    if !command.arg("true").output().is_ok_and(|output| output.status.success()) {
        println!("skipped: no mount namespaces on this machine");
        return;
    }
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--mount", "sh", "-c", script]);
    command.arg(program).arg(parent.path()).args(SMALL);
    let since = Instant::now();
    let server = Running::start_command(command);
    let seen = format!("/proc/{}/root{}", server.id(), parent.path().display());
    let filler = Path::new(&seen).join("filler");
    // As much as there is room for.
    let _ = fs::write(&filler, vec![0; 48 << 20]);
    let mut puts = Puts::default();
    puts.until_refused(&server);
    assert!(!puts.stored.is_empty(), "the logs that are there take puts");
    server.wait_for_log("; puts are refused, until there is room for a log of 4.0 MiB");
    fs::remove_file(&filler).expect("it is there");
    puts.until_stored(&server);
    server.wait_for_log("; puts are taken; ");
    let log = server.stop().log;
    let place = format!("{:?}", parent.path());
    let lines = |told: &str| {
        let is_told = |line: &&str| line.contains(told) && line.contains(&place);
        log.lines().filter(is_told).count()
    };
    let most = since.elapsed().as_secs() as usize / 60 + 2;
    assert!((1..=most).contains(&lines("No space left")), "at most {most}: {log}");
    assert_eq!(lines("; puts are taken; "), 1, "{log}");
    assert!(!log.contains("put refused: "), "{log}");
}

/// A server whose directory is removed.
pub(super) fn vanished(program: &Path) {
    let (_parent, data) = place();
    let server = super::durable::start(program, &data, &[]);
    assert_eq!(server.ask("put a 1 1\n"), "ok\n\n");
    fs::remove_dir_all(&data).expect("it is there");
    let since = Instant::now();
    while is_ready(&server) {
        assert!(since.elapsed() < HANG, "{}", server.log());
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(server.ask("put a 2 2\nget a\n"), "error\nwrong command\n\nok\na 1.0 1\n\n");
    let outcome = server.stop();
    assert_eq!(outcome.status.code(), Some(1), "{}", outcome.log);
    let is_told = |line: &&str| line.contains("somebody has removed, renamed or replaced it");
    assert_eq!(outcome.log.lines().filter(is_told).count(), 1, "{}", outcome.log);
    assert!(outcome.log.contains(" was removed, and its samples with it"), "{}", outcome.log);
    assert!(!outcome.log.contains("are in the logs"), "{}", outcome.log);
}

pub(super) fn file_size(program: &Path) {
    let (_parent, data) = place();
    let script = "ulimit -S -f 8; exec \"$0\" --listen 127.0.0.1:0 --max-key 1000 --data \"$1\"";
    let mut command = Command::new("sh");
    command.args(["-c", script]).arg(program).arg(&data);
    let server = Running::start_command(command);
    let mut puts = Puts::default();
    puts.until_refused(&server);
    assert!(puts.stored.is_empty(), "there is no log");
    assert!(!is_ready(&server));
    set_file_size(&server, None);
    puts.until_stored(&server);
    assert!(is_ready(&server));
    // The log that is in use cannot grow beyond the limit.
    set_file_size(&server, Some(4_096));
    puts.until_refused(&server);
    assert!(!is_ready(&server));
    set_file_size(&server, None);
    puts.until_stored(&server);
    assert!(is_ready(&server));
    let outcome = server.stop();
    assert_eq!(outcome.status.code(), Some(0), "{}", outcome.log);
    let again = super::durable::start(program, &data, &["--max-key", "1000"]);
    puts.check(&again);
}

/// Whether the server tells supervisors that it is ready.
fn is_ready(server: &Running) -> bool {
    let reply = server.ask("GET /readyz HTTP/1.0\r\n\r\n");
    let status = reply.split(' ').nth(1).unwrap_or_default();
    assert!(matches!(status, "200" | "503"), "{reply}");
    let alive = server.ask("GET /healthz HTTP/1.0\r\n\r\n");
    assert!(alive.ends_with("ok\n"), "it need not be started again: {alive}");
    status == "200"
}

fn set_file_size(server: &Running, bytes: Option<u64>) {
    let pid = Pid::from_raw(server.id().cast_signed());
    let limit = Rlimit { current: bytes, maximum: None };
    prlimit(pid, Resource::Fsize, limit).expect("it is our child");
}

/// Puts, each with a key of its own.
#[derive(Default)]
struct Puts {
    made: usize,
    stored: BTreeSet<String>,
}

const OK: &str = "ok\n\n";
const REFUSED: &str = "error\nwrong command\n\n";

/// Puts in a batch.
const BATCH: usize = 200;

impl Puts {
    /// Puts until a put is refused, and checks that all that was stored is shown.
    fn until_refused(&mut self, server: &Running) {
        let since = Instant::now();
        while self.batch(server) {
            assert!(since.elapsed() < HANG, "the disk is not full: {}", server.log());
        }
        self.check(server);
    }

    /// Puts until all of a batch is stored.
    fn until_stored(&mut self, server: &Running) {
        let since = Instant::now();
        while !self.batch(server) {
            assert!(since.elapsed() < HANG, "no put is stored: {}", server.log());
            thread::sleep(Duration::from_millis(50));
        }
        self.check(server);
    }

    /// Puts a batch. Returns whether no put was refused. When a log fails, the connection ends
    /// without an answer.
    fn batch(&mut self, server: &Running) -> bool {
        let keys: Vec<_> = (self.made..self.made + BATCH).map(key).collect();
        self.made += BATCH;
        let puts: String = keys.iter().map(|key| format!("put {key} 1 1\n")).collect();
        let (mut stream, mut replies) = (server.connect(), String::new());
        let sent = stream.write_all(puts.as_bytes());
        let _ = sent.and_then(|()| stream.shutdown(Shutdown::Write));
        let _ = stream.read_to_string(&mut replies);
        let mut refused = false;
        for (key, reply) in keys.into_iter().zip(replies.split_inclusive("\n\n")) {
            assert!([OK, REFUSED].contains(&reply), "{reply:?}");
            match reply {
                OK => _ = self.stored.insert(key),
                _ => refused = true,
            }
        }
        !refused
    }

    /// Checks that all that was stored is shown.
    fn check(&self, server: &Running) {
        let listed = server.ask("get *\n");
        let shown: BTreeSet<_> =
            listed.lines().filter_map(|line| line.strip_suffix(" 1.0 1")).collect();
        let lost: Vec<_> = self.stored.iter().filter(|key| !shown.contains(key.as_str())).collect();
        assert!(lost.is_empty(), "{} are lost, such as {:?}", lost.len(), lost.first());
    }
}

/// Long, so that few of them fill a log.
fn key(number: usize) -> String {
    format!("{number}.{}", "k".repeat(900))
}
