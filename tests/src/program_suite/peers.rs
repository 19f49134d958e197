//! Checks misbehaving peers, many peers, and their effect on others.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::SockRef;

use super::{SAMPLES, fill};
use crate::running::Running;

/// Counts turns instead of time: while one peer sends 20 requests, fast readers get a bounded number
/// of bytes.
pub(super) fn fast_readers(program: &Path) {
    let server = Running::start(program, &[]);
    let reply = fill(&server, SAMPLES).len() as u64;
    let taken = AtomicU64::new(0);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let mut stream = server.connect();
            let (taken, done) = (&taken, &done);
            scope.spawn(move || {
                stream.write_all(&b"get *\n".repeat(2_000)).expect("the server reads");
                let mut part = vec![0; 1 << 16];
                while !done.load(Relaxed) {
                    stream.read_exact(&mut part).expect("replies");
                    taken.fetch_add(part.len() as u64, Relaxed);
                }
            });
        }
        let mut stream = server.connect();
        let before = taken.load(Relaxed);
        let ask = |_| {
            stream.write_all(b"get none\n").is_ok()
                && stream.read_exact(&mut [0; 4]).is_ok()
                && taken.load(Relaxed) - before < 20 * reply
        };
        let answered = (0..20).all(ask);
        // Stop the readers even after a failure, since the test would not end otherwise.
        done.store(true, Relaxed);
        let bytes = taken.load(Relaxed) - before;
        assert!(answered, "{bytes} bytes went to fast readers while another asked 20 times");
    });
}

pub(super) fn connection_bound(program: &Path) {
    let server = Running::start(program, &["--max-connections", "2"]);
    let (mut one, two) = (server.connect(), server.connect());
    let mut three = server.connect();
    for stream in [&mut one, &mut three] {
        stream.write_all(b"get a\n").expect("the kernel buffer has room");
    }
    one.read_exact(&mut [0; 4]).expect("a reply");
    three.set_read_timeout(Some(Duration::from_millis(200))).expect("a time-out can be set");
    let waits = three.read_exact(&mut [0; 4]).expect_err("a time-out").kind();
    assert!(matches!(waits, ErrorKind::WouldBlock | ErrorKind::TimedOut));
    drop(two);
    three.set_read_timeout(Some(crate::running::HANG)).expect("a time-out can be set");
    three.read_exact(&mut [0; 4]).expect("a reply, now that there is room");
}

pub(super) fn idle_timeout(program: &Path) {
    let server = Running::start(program, &["--idle-timeout", "1"]);
    let _ = fill(&server, SAMPLES);
    let (mut silent, mut deaf) = (server.connect(), server.connect_narrow());
    deaf.write_all(b"get *\n").expect("the server reads");
    assert_eq!(silent.read_to_end(&mut Vec::new()).expect("the end"), 0);
    server.wait_for_counters("connections: 0 open");
    assert!(server.log().contains("2 timed out"), "{}", server.log());
    drop(deaf);
}

pub(super) fn no_files(program: &Path) {
    let mut command = Command::new("sh");
    let script = format!("ulimit -n 30; exec '{}' --listen 127.0.0.1:0", program.display());
    command.args(["-c", &script]);
    let server = Running::start_command(command);
    let crowd: Vec<TcpStream> = (0..60).map(|_| server.connect()).collect();
    server.wait_for_log("accepting fails");
    let (before, since) = (server.ticks(), Instant::now());
    std::thread::sleep(Duration::from_secs(1));
    let busy = server.ticks() - before;
    // A tick is a hundredth of a second. A server that spins takes nearly all of them.
    assert!(busy * 50 < since.elapsed().as_millis() as u64, "{busy} ticks: it spins");
    drop(crowd);
    assert_eq!(server.ask("put a 1 2\n"), "ok\n\n");
    let log = server.stop().log;
    assert!(log.contains("the limit of open files"), "{log}");
}

pub(super) fn resets(program: &Path) {
    let server = Running::start(program, &[]);
    let expected = fill(&server, SAMPLES / 3);
    for _ in 0..50 {
        let mut stream = server.connect();
        stream.write_all(b"get *\nput ser").expect("the server reads");
        stream.read_exact(&mut [0; 10]).expect("the reply has begun");
        // With a linger time of zero, closing sends a reset.
        SockRef::from(&stream).set_linger(Some(Duration::ZERO)).expect("the option can be set");
    }
    assert!(server.ask("get *\n") == expected);
    assert_eq!(server.stop().status.code(), Some(0));
}

pub(super) fn endless_line(program: &Path) {
    let server = Running::start(program, &[]);
    let mut stream = server.connect();
    stream.write_all(b"put a 1 2\n").expect("the server reads");
    let part = vec![b'x'; 1 << 20];
    stream.write_all(&part).expect("the server reads");
    let before = server.memory();
    for _ in 1..256 {
        stream.write_all(&part).expect("the server reads");
    }
    let grown = server.memory().saturating_sub(before);
    stream.write_all(b"\nget a\n").expect("the server reads");
    stream.shutdown(Shutdown::Write).expect("the server is there");
    let mut replies = String::new();
    stream.read_to_string(&mut replies).expect("replies");
    assert_eq!(replies, "ok\n\nerror\nwrong command\n\nok\na 1.0 2\n\n");
    assert!(grown < 4096, "{grown} KiB for a line of 256 MiB");
}

pub(super) fn never_reading(program: &Path) {
    let server = Running::start(program, &[]);
    let _ = fill(&server, SAMPLES);
    let before = server.memory();
    let deaf = |_| {
        let mut stream = server.connect_narrow();
        stream.write_all(&b"get *\n".repeat(100)).expect("the kernel buffer has room");
        stream
    };
    let deaf: Vec<TcpStream> = (0..50).map(deaf).collect();
    for _ in 0..100 {
        assert_eq!(server.ask("get none\n"), "ok\n\n");
    }
    let each = server.memory().saturating_sub(before) / deaf.len() as u64;
    assert!(each < 128, "{each} KiB for a peer that never reads");
}

pub(super) fn idle_connections(program: &Path) {
    let count = allow_files(10_000);
    let server = Running::start(program, &["--max-connections", "10001"]);
    let before = server.memory();
    let crowd: Vec<TcpStream> = (0..count).map(|_| server.connect()).collect();
    assert_eq!(server.ask("put a 1 2\n"), "ok\n\n");
    server.wait_for_counters(&format!("connections: {count} open"));
    let each = server.memory().saturating_sub(before) * 1024 / count as u64;
    println!("  {count} connections, {each} bytes each");
    assert!(each < 4096, "{each} bytes");
    drop(crowd);
    assert_eq!(server.stop().status.code(), Some(0));
}

/// Raises RLIMIT_NOFILE to its hard limit. Returns `connections`, or the number that fits if that
/// is less.
fn allow_files(connections: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    let allowed = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    connections.min(usize::try_from(allowed).unwrap_or(usize::MAX).saturating_sub(200))
}

pub(super) fn threads(program: &Path) {
    let server = Running::start(program, &["--threads", "3"]);
    let mut streams: Vec<TcpStream> = (0..10).map(|_| server.connect()).collect();
    for (time, stream) in streams.iter_mut().enumerate() {
        stream.write_all(format!("put a 1 {time}\n").as_bytes()).expect("the server reads");
        stream.read_exact(&mut [0; 4]).expect("a reply");
        let lines = server.ask("get a\n").lines().count();
        assert_eq!(lines, time + 3, "every connection sees all samples");
    }
    let single = Running::start(program, &[]);
    let _ = single.ask("get a\n");
    assert!(server.threads() >= single.threads() + 2);
    let outcome = server.stop();
    assert_eq!(outcome.status.code(), Some(0));
    assert!(outcome.log.contains("no connection was cut"), "{}", outcome.log);
}
