//! Checks the stop: no peer loses a reply.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;

use super::{SAMPLES, fill};
use crate::running::Running;

pub(super) fn signals(program: &Path) {
    let hang_up = (!ignores_hang_up()).then_some(Signal::HUP);
    for signal in [Signal::TERM, Signal::INT].into_iter().chain(hang_up) {
        let server = Running::start(program, &[]);
        let _ = server.ask("put a 1 1\nput a 1 2\nput b 1 1\nhello\n");
        let idle = server.connect();
        server.signal(signal);
        let outcome = server.wait();
        assert_eq!(outcome.status.code(), Some(0), "{}", outcome.log);
        assert!(outcome.log.contains("samples: 3, refused: 0, evicted: 0; series: 2"));
        assert!(outcome.log.contains("no connection was cut"), "{}", outcome.log);
        drop(idle);
    }
}

/// Returns whether these tests run under nohup. Then the servers that they start ignore SIGHUP, too.
fn ignores_hang_up() -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

/// When a terminal closes, the shell and the kernel both send SIGHUP, and nobody reads the log.
pub(super) fn hang_up(program: &Path) {
    if ignores_hang_up() {
        return;
    }
    let server = Running::start(program, &["--grace", "60"]);
    let expected = fill(&server, SAMPLES);
    let mut stream = server.connect();
    stream.write_all(b"get *\n").expect("the server reads");
    let mut reply = vec![0; 1000];
    stream.read_exact(&mut reply).expect("the reply has begun");
    server.signal(Signal::HUP);
    server.wait_for_log("stopping");
    server.signal(Signal::HUP);
    stream.read_to_end(&mut reply).expect("the reply goes on");
    assert!(reply == expected.as_bytes(), "{} of {} bytes", reply.len(), expected.len());
    assert_eq!(server.wait().status.code(), Some(0));

    let mut command = Command::new("sh");
    let script = format!("trap '' HUP; exec '{}' --listen 127.0.0.1:0", program.display());
    command.args(["-c", &script]);
    let kept = Running::start_command(command);
    kept.signal(Signal::HUP);
    assert_eq!(kept.ask("put a 1 2\n"), "ok\n\n");
    assert_eq!(kept.stop().status.code(), Some(0));
}

/// The kernel sends SIGXFSZ, which ends a process that does not handle it.
pub(super) fn full_log_file(program: &Path) {
    let server = Running::start(program, &[]);
    server.signal(Signal::XFSZ);
    assert_eq!(server.ask("put a 1 2\n"), "ok\n\n");
    assert_eq!(server.stop().status.code(), Some(0));
}

pub(super) fn stop_in_reply(program: &Path) {
    let server = Running::start(program, &["--grace", "60"]);
    let expected = fill(&server, SAMPLES);
    let mut stream = server.connect();
    stream.write_all(b"get *\n").expect("the server reads");
    let mut reply = vec![0; 1000];
    stream.read_exact(&mut reply).expect("the reply has begun");
    server.signal(Signal::TERM);
    server.wait_for_log("stopping");
    stream.read_to_end(&mut reply).expect("the reply goes on");
    assert!(reply == expected.as_bytes(), "{} of {} bytes", reply.len(), expected.len());
    let outcome = server.wait();
    assert_eq!(outcome.status.code(), Some(0));
    assert!(outcome.log.contains("no connection was cut"), "{}", outcome.log);
}

pub(super) fn stop_with_stuck_peer(program: &Path) {
    let server = Running::start(program, &["--grace", "1"]);
    let _ = fill(&server, SAMPLES);
    let mut stuck = server.connect_narrow();
    stuck.write_all(b"get *\n").expect("the server reads");
    stuck.read_exact(&mut [0; 1000]).expect("the reply has begun");
    let outcome = server.stop();
    assert_eq!(outcome.status.code(), Some(0));
    assert!(outcome.log.contains("connections cut: 1"), "{}", outcome.log);
}

/// The peer sends as long as it can and reads late. Each reply must be whole, and the stream must
/// not end in a reset, which would discard replies in flight.
pub(super) fn stop_with_talker(program: &Path) {
    let server = Running::start(program, &["--grace", "60"]);
    let expected = fill(&server, SAMPLES);
    let mut stream = server.connect();
    stream.write_all(b"get *\n").expect("the server reads");
    let mut sender = stream.try_clone().expect("a second handle");
    let talker = std::thread::spawn(move || while sender.write_all(b"get none\n").is_ok() {});
    let mut replies = vec![0; 1000];
    stream.read_exact(&mut replies).expect("the reply has begun");
    server.signal(Signal::TERM);
    server.wait_for_log("stopping");
    stream.read_to_end(&mut replies).expect("an end, not a reset");
    let (listing, rest) = replies.split_at(expected.len().min(replies.len()));
    assert!(listing == expected.as_bytes(), "{} of {} bytes", listing.len(), expected.len());
    assert!(rest.chunks(4).all(|reply| reply == b"ok\n\n"), "whole replies");
    drop(stream);
    assert_eq!(server.wait().status.code(), Some(0));
    talker.join().expect("the server closes in the end");
}

pub(super) fn second_signal(program: &Path) {
    let server = Running::start(program, &[]);
    let _ = fill(&server, SAMPLES);
    let mut stuck = server.connect_narrow();
    stuck.write_all(b"get *\n").expect("the server reads");
    stuck.read_exact(&mut [0; 1000]).expect("the reply has begun");
    server.signal(Signal::INT);
    server.wait_for_log("stopping");
    server.signal(Signal::INT);
    let outcome = server.wait();
    assert_eq!(outcome.status.code(), Some(1), "{}", outcome.log);
}
