//! Peers that are no good servers, and commands that end before their time.

use std::io::Write;

use rustix::process::Signal;

use crate::setup::{Ended, Server, ending, foreign, interrupt, silent};

const COMMANDS: [&[&str]; 3] = [&["put", "k", "1", "2"], &["put", "--file", "-"], &["ping"]];

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
        assert!(ended.stderr.contains("is the server running? --server names another"));
    }
}

#[test]
fn a_silent_server_is_given_up() {
    for ended in each(&Server::strange(silent), &["--timeout", "0.1"]) {
        ended.assert_failed(1, "the server does not answer in time; --timeout gives it more");
    }
}

#[test]
fn a_server_of_another_protocol_is_recognised() {
    for ended in each(&Server::strange(foreign), &[]) {
        ended.assert_failed(1, "is it a server of this protocol?");
    }
}

#[test]
fn a_server_that_closes_at_once_is_no_crash() {
    for ended in each(&Server::strange(|_| ()), &[]) {
        assert_eq!(ended.code, Some(1), "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
    }
}

#[test]
fn what_was_answered_before_the_end_is_told() {
    let server = Server::strange(ending);
    let ended = server.feed(&["put"], "k 1 2\n".repeat(10).as_bytes());
    let told = "samples stored: 3, refused: 0, without an answer: 7";
    ended.assert_failed(1, told);
}

#[test]
fn an_interrupted_put_says_what_is_stored() {
    let server = Server::start();
    let mut child = server.spawn(&["put"]);
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"k 1 2\nk 1 3\n").unwrap();
    server.wait_for(2);
    interrupt(&child, Signal::INT);
    let ended = Ended::of(child.wait_with_output().unwrap());
    ended.assert_failed(130, "interrupted; samples stored: ");
    drop(stdin);
}
