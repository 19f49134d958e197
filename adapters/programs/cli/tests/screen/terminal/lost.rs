//! Terminals that are closed, or no longer read, while the program runs.

use std::io::Read;
use std::num::NonZeroU16;
use std::os::fd::AsFd;
use std::process::{Child, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

use pty_process::Size;
use pty_process::blocking::{Pty, open};
use rustix::process::Signal;

use super::{HANG, TERM, command, signal};
use crate::METRIC;
use crate::served::Served;

/// Runs the program in a terminal that is closed as soon as it shows `at`. Returns the exit status.
pub(crate) fn hang_up(served: &Served, arguments: &[&str], at: &str) -> ExitStatus {
    let (pty, pts) = open().unwrap();
    pty.resize(Size::new(24, 80)).unwrap();
    let child = command(served, arguments).spawn(pts).unwrap();
    hang_up_on(child, pty, at)
}

/// Does the same in a terminal that does not control the program, which so gets no SIGHUP.
pub(crate) fn hang_up_silently(served: &Served, arguments: &[&str], at: &str) -> ExitStatus {
    let (pty, pts) = open().unwrap();
    pty.resize(Size::new(24, 80)).unwrap();
    let stdio = || pts.as_fd().try_clone_to_owned().unwrap();
    let mut command = std::process::Command::new(METRIC);
    command.args(arguments).env("METRIC_SERVER", served.name()).env("TERM", TERM);
    command.stdin(stdio()).stdout(stdio());
    hang_up_on(command.spawn().unwrap(), pty, at)
}

fn hang_up_on(mut child: Child, mut pty: Pty, at: &str) -> ExitStatus {
    read_to(&mut pty, at);
    drop(pty);
    wait(&mut child)
}

/// Runs the program in a large terminal that stops reading once it shows `at`, and sends SIGTERM
/// repeatedly. Returns the exit status.
pub(crate) fn freeze(served: &Served, arguments: &[&str], at: &str) -> ExitStatus {
    let (mut pty, pts) = open().unwrap();
    pty.resize(Size::new(200, 200)).unwrap();
    let mut child = command(served, arguments).spawn(pts).unwrap();
    read_to(&mut pty, at);
    // Two signals at the same time, handled on two threads, may both count as the first.
    let deadline = Instant::now() + HANG;
    while child.try_wait().unwrap().is_none() {
        assert!(Instant::now() < deadline, "the program does not end");
        signal(&child, Signal::TERM);
        thread::sleep(Duration::from_millis(10));
    }
    wait(&mut child)
}

/// Reads until the screen shows `at`.
fn read_to(pty: &mut Pty, at: &str) {
    let size = NonZeroU16::new(200).unwrap();
    let (mut parser, mut buffer) = (vt100::Parser::new(size, size, 0), [0; 4096]);
    while !parser.screen().contents().contains(at) {
        let count = pty.read(&mut buffer).unwrap();
        parser.process(&buffer[..count]);
    }
}

/// Waits for the program's end without reading its output.
fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + HANG;
    loop {
        match child.try_wait().unwrap() {
            Some(status) => return status,
            None if Instant::now() < deadline => thread::sleep(Duration::from_millis(10)),
            None => {
                child.kill().unwrap();
                panic!("the program does not end");
            }
        }
    }
}
