//! `metric ping`.

use std::io::{BufRead, BufReader, Read};

use rustix::process::Signal;

use crate::setup::{Server, end, interrupt};

#[test]
fn each_reply_is_shown_in_a_line() {
    let server = Server::start();
    let ended = server.run(&["ping", "--count", "3", "--every", "0"]);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
    let lines: Vec<_> = ended.stdout.lines().collect();
    for (line, number) in lines[..3].iter().zip(1..) {
        assert!(line.starts_with(&format!("{} {number}/3 ", server.0)), "{line}");
    }
    assert!(lines[3].starts_with("min ") && lines.len() == 4, "{ended:?}");
    assert_eq!(server.samples(), "");
}

#[test]
fn an_interrupted_ping_prints_its_summary() {
    let mut child = Server::start().spawn(&["ping", "--every", "86400"]);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    interrupt(&child, Signal::INT);
    let mut rest = String::new();
    stdout.read_to_string(&mut rest).unwrap();
    assert!(rest.starts_with("min ") && rest.lines().count() == 1, "{rest}");
    end(child).assert_failed(130, "interrupted");
}
