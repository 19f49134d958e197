//! `metric rm`.

use std::io::Write;

use crate::program::Program;
use crate::setup::{Server, end, full, silent};
use crate::terminal::Terminal;

const SAMPLES: &str = "\
a* 1.0 1
a.b 1.0 1
a.c 1.0 1
b 1.0 1
b 2.0 2
";

fn start(options: &[&str]) -> (Program, Server) {
    let program = Program::start(options);
    let server = Server(program.address.to_string());
    server.put(SAMPLES);
    (program, server)
}

/// Returns the keys that are left.
fn keys(server: &Server) -> Vec<String> {
    let mut keys: Vec<_> =
        server.samples().lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    keys.dedup();
    keys
}

#[test]
fn keys_are_removed_as_they_are() {
    let (_program, server) = start(&["--allow-delete"]);
    server.run(&["rm", "b", "a*"]).assert_done("");
    assert_eq!(keys(&server), ["a.b", "a.c"]);
    server.run(&["rm", "b", "a.b", "a.*"]).assert_failed(1, "no series \"b\", \"a.*\"");
    assert_eq!(keys(&server), ["a.c"]);
}

#[test]
fn a_pattern_removes_what_was_counted() {
    let (_program, server) = start(&["--allow-delete"]);
    let told = "3 series match \"a*\": a*, a.b, a.c; add --yes, or --count 3, to remove them";
    server.run(&["rm", "--match", "a*"]).assert_failed(2, told);
    let told = "3 series match \"a*\", not 2; nothing was removed";
    server.run(&["rm", "--match", "a*", "--count", "2"]).assert_failed(1, told);
    server.run(&["rm", "--match", "c*", "--yes"]).assert_failed(1, "no series match \"c*\"");
    assert_eq!(keys(&server).len(), 4);
    let told = "metric: removing 2 series that match \"a.*\": a.b, a.c\n";
    let ended = server.run(&["rm", "--match", "a.*", "--count", "2"]);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), told));
    assert_eq!(keys(&server), ["a*", "b"]);
    let more: String = (0..9).map(|number| format!("c{number} 1 1\n")).collect();
    server.put(&more);
    let told = "metric: removing 11 series that match \"*\": a*, b, c0, c1, c2 and 6 more\n";
    let ended = server.run(&["rm", "--match", "*", "--yes"]);
    assert_eq!((ended.code, &*ended.stderr), (Some(0), told));
    assert_eq!(server.samples(), "");
}

#[test]
fn a_terminal_is_asked_before_a_pattern_removes() {
    let (_program, server) = start(&["--allow-delete"]);
    for (typed, code, told, left) in [
        ("\n", 1, "metric: nothing was removed\r\n", 4),
        ("n\n", 1, "metric: nothing was removed\r\n", 4),
        ("\u{4}", 1, "metric: nothing was removed\r\n", 4),
        ("y\n", 0, "metric: series removed: 3\r\n", 1),
    ] {
        let [shown, input] = [(); 2].map(|()| Terminal::new());
        let mut command = server.command(&["rm", "--match", "a*"]);
        command.stdin(input.open());
        let child = shown.spawn(command);
        (&input.0).write_all(typed.as_bytes()).unwrap();
        assert_eq!(end(child).code, Some(code), "{typed:?}");
        let question = format!(
            "metric: remove 3 series of {} that match \"a*\": a*, a.b, a.c? [y/N] ",
            server.0
        );
        assert_eq!(shown.shown(), question + &told.replace("\r\n", "\n"));
        assert_eq!(keys(&server).len(), left);
    }
}

#[test]
fn a_server_that_removes_nothing_says_why() {
    let (_program, server) = start(&[]);
    for arguments in [&["rm", "b"][..], &["rm", "--match", "b", "--yes"]] {
        let told = "this server deletes nothing over HTTP; start the server with --allow-delete";
        server.run(arguments).assert_failed(1, told);
    }
    let (_program, native) = start(&["--http", "off"]);
    for arguments in [&["rm", "b"][..], &["rm", "--match", "b", "--yes"]] {
        native.run(arguments).assert_failed(1, "has no HTTP API, which removing takes");
    }
    assert_eq!((server.samples(), native.samples()), (SAMPLES.to_owned(), SAMPLES.to_owned()));
}

#[test]
fn a_server_that_does_not_answer_is_not_said_to_lack_the_api() {
    for arguments in [&["rm", "b"][..], &["rm", "--match", "b", "--yes"]] {
        let silent = Server::strange(silent).run(&[arguments, &["--timeout", "0.1"]].concat());
        silent.assert_failed(1, "the server did not answer in time; raise --timeout");
        let busy = Server::strange(full).run(arguments);
        busy.assert_failed(1, "the server answers with HTTP status 503");
    }
}

#[test]
fn wrong_usage_removes_nothing() {
    let server = Server::closed();
    for (arguments, told) in [
        (&["rm"][..], "--match"),
        (&["rm", "a", "--match", "b*"], "--match"),
        (&["rm", "a", "--yes"], "--yes"),
        (&["rm", "a", "--count", "1"], "--count"),
        (&["rm", "--match", "a*", "--yes", "--count", "1"], "--count"),
        (&["rm", "--match", "a*", "--count", "0"], "whole number from 1"),
        (&["rm", "*"], "* is no key"),
        (&["rm", "a b"], "character 2 is a space"),
    ] {
        server.run(arguments).assert_failed(2, told);
    }
}
