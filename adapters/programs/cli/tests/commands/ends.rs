//! Broken servers, and commands that end early.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::setup::{Ended, HANG, Server, end, ending, foreign, interrupt, silent};

const COMMANDS: [&[&str]; 7] = [
    &["put", "k", "1", "2"],
    &["put", "--file", "-"],
    &["get", "k"],
    &["plot", "k"],
    &["export"],
    &["import", "--format", "text"],
    &["ping"],
];

fn each(server: &Server, options: &[&str]) -> Vec<Ended> {
    let lines = "k 1 2\n".repeat(10);
    COMMANDS
        .iter()
        .map(|command| server.feed(&[command, options].concat(), lines.as_bytes()))
        .collect()
}

#[test]
fn a_closed_port_is_named() {
    let server = Server::closed();
    for ended in each(&server, &[]) {
        ended.assert_failed(1, &format!("cannot connect to {}: ", server.0));
        assert!(ended.stderr.contains("is the server running? --server selects another"));
    }
}

#[test]
fn a_silent_server_times_out() {
    for ended in each(&Server::strange(silent), &["--timeout", "0.1"]) {
        ended.assert_failed(1, "the server did not answer in time; raise --timeout to wait longer");
    }
}

#[test]
fn a_server_of_another_protocol_is_recognised() {
    for ended in each(&Server::strange(foreign), &[]) {
        ended.assert_failed(1, "is this a metrics server?");
    }
}

#[test]
fn a_server_that_closes_at_once_is_a_failure_in_one_line() {
    for ended in each(&Server::strange(|_| ()), &[]) {
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    }
}

#[test]
fn replies_before_the_end_are_counted() {
    let server = Server::native(ending);
    for command in [&["put"][..], &["import", "--format", "text"]] {
        let ended = server.feed(command, "k 1 2\n".repeat(10).as_bytes());
        let told = "samples stored: 3, refused: 0, without a reply: 7";
        ended.assert_failed(1, told);
    }
}

#[test]
fn samples_before_the_end_are_shown() {
    let ended = Server::native(ending).run(&["get", "k"]);
    ended.assert_failed(1, "the server has ended the connection");
    assert_eq!(ended.stdout, "k 1.0 2\nk 1.0 3\n");
}

#[test]
fn an_interrupted_put_reports_its_counts() {
    let server = Server::start();
    let mut child = server.spawn(&["put"]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"k 1 2\nk 1 3\n").unwrap();
    server.wait_for(2);
    interrupt(&child, Signal::INT);
    let ended = end(child);
    ended.assert_failed(130, "interrupted; samples stored: ");
    drop(stdin);
}

#[test]
fn a_put_that_ignores_sighup_outlives_its_terminal() {
    let server = Server::start();
    let put = server.command(&["put"]);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$@\"", "sh"]);
    command.arg(put.get_program()).args(put.get_args());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"k 1 2\n").unwrap();
    server.wait_for(1);
    interrupt(&child, Signal::HUP);
    stdin.write_all(b"k 1 3\n").unwrap();
    drop(stdin);
    end(child).assert_done("");
    assert_eq!(server.samples(), "k 1.0 2\nk 1.0 3\n");
}

/// Reads a request, reports it to `asked`, and sends samples for ever.
fn endless(peer: &mut BufReader<TcpStream>, asked: &Sender<()>) {
    let mut request = String::new();
    let _ = peer.read_line(&mut request);
    let _ = peer.get_mut().write_all(b"ok\n");
    let samples = "k 1.0 2\n".repeat(10_000);
    let _ = asked.send(());
    while peer.get_mut().write_all(samples.as_bytes()).is_ok() {}
}

#[test]
fn a_reply_without_end_can_be_interrupted() {
    let (sender, asked) = channel();
    let server = Server::native(move |peer| endless(peer, &sender));
    let commands = [&["get", "k"][..], &["get", "k", "--last", "3"], &["export"], &["plot", "k"]];
    for arguments in commands {
        let mut command = server.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        asked.recv().unwrap();
        interrupt(&child, Signal::INT);
        end(child).assert_failed(130, "interrupted");
    }
}

#[test]
fn a_second_interrupt_ends_a_command_whose_output_is_not_read() {
    let (sender, stuck) = channel();
    let server = Server::native(move |peer| {
        let _ = peer.get_mut().set_write_timeout(Some(Duration::from_millis(300)));
        endless(peer, &channel().0);
        let _ = sender.send(());
    });
    for arguments in [&["get", "k"][..], &["export"]] {
        let mut child = server.spawn(arguments);
        let output = child.stdout.take();
        stuck.recv().unwrap();
        // Two signals at the same time, handled on two threads, may both count as the first.
        let since = Instant::now();
        while child.try_wait().unwrap().is_none() {
            assert!(since.elapsed() < HANG, "the program does not end");
            interrupt(&child, Signal::INT);
            thread::sleep(Duration::from_millis(10));
        }
        drop(output);
    }
}

#[test]
fn input_without_end_can_be_interrupted() {
    let server = Server::start();
    let mut child = server.spawn(&["put"]);
    let mut stdin = child.stdin.take().unwrap();
    let (sender, taken) = channel();
    let feeder = thread::spawn(move || {
        while stdin.write_all(&vec![b'\n'; 1 << 20]).is_ok() {
            // This is more than a pipe holds, so the program reads and has its handlers in place.
            let _ = sender.send(());
        }
    });
    taken.recv().unwrap();
    interrupt(&child, Signal::INT);
    end(child).assert_failed(130, "interrupted; samples stored: 0");
    feeder.join().unwrap();
}
