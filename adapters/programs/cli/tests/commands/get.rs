//! `metric get`.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::setup::{Ended, Server};

const SAMPLES: &str = "\
a\" -1.5 -3
a\" 1e+300 1150864247
a\" 30.0 9223372036854775807
b 2.0 10
b 3.0 20
b 4.0 30
";

fn server() -> Server {
    let server = Server::start();
    server.put(SAMPLES);
    server
}

#[test]
fn in_a_pipe_samples_are_the_protocols_lines() {
    let server = server();
    server.run(&["get", "*"]).assert_done(SAMPLES);
    server.run(&["get", "b", "a\""]).assert_done(&(lines(3..6) + &lines(0..3)));
    server.run(&["get", "nothing"]).assert_nothing();
}

#[test]
fn a_prefix_matches_all_keys_that_begin_with_it() {
    let server = server();
    server.put("ab 7 7");
    let all = lines(0..3) + "ab 7.0 7\n" + &lines(3..6);
    server.run(&["get", "a*"]).assert_done(&(lines(0..3) + "ab 7.0 7\n"));
    server.run(&["get", "b*", "ab"]).assert_done(&("ab 7.0 7\n".to_owned() + &lines(3..6)));
    server.run(&["get", "a*", "--last", "1", "--since", "8"]).assert_done(&lines(2..3));
    server.run(&["get", "c*"]).assert_nothing();
    // A series that matches several patterns is shown once.
    server.run(&["get", "b", "ab", "b"]).assert_done(&(lines(3..6) + "ab 7.0 7\n"));
    server.run(&["get", "a*", "ab", "*", "b"]).assert_done(&all);
}

#[test]
fn a_window_includes_both_ends() {
    let server = server();
    let get = |arguments: &[&str]| server.run(&[&["get", "*"], arguments].concat());
    get(&["--since", "-3"]).assert_done(SAMPLES);
    get(&["--since", "-2", "--until", "19"]).assert_done(&lines(3..4));
    get(&["--until", "10"]).assert_done(&(lines(0..1) + &lines(3..4)));
    get(&["--since", "1970-01-01T00:00:20Z", "--until", "1d"])
        .assert_done(&(lines(1..2) + &lines(4..6)));
    get(&["--last", "1"]).assert_done(&(lines(2..3) + &lines(5..6)));
    get(&["--last", "2", "--until", "29"]).assert_done(&(lines(0..1) + &lines(3..5)));
    get(&["--last", "100"]).assert_done(SAMPLES);
}

fn lines(range: std::ops::Range<usize>) -> String {
    SAMPLES.split_inclusive('\n').skip(range.start).take(range.len()).collect()
}

#[test]
fn each_format_shows_the_same_samples() {
    let server = Server::start();
    server.put("k\" 1.5 1150864247\nk\" -0 9223372036854775807");
    let get = |arguments: &[&str]| server.run(&[&["get", "*"], arguments].concat());
    let csv = "key,value,timestamp\n\"k\"\"\",1.5,1150864247\n\"k\"\"\",-0.0,9223372036854775807\n";
    get(&["--format", "csv"]).assert_done(csv);
    let json = "{\"key\":\"k\\\"\",\"value\":1.5,\"timestamp\":1150864247}\n\
                {\"key\":\"k\\\"\",\"value\":-0.0,\"timestamp\":9223372036854775807}\n";
    get(&["--format", "json"]).assert_done(json);
    let text = "k\" 1.5 2006-06-21T04:30:47+00:00\nk\" -0.0 9223372036854775807\n";
    get(&["--time", "utc"]).assert_done(text);
    let table =
        "k\"\n  2006-06-21 04:30:47 UTC         1.5\n  9223372036854775807            -0.0\n";
    get(&["--format", "table", "--time", "utc"]).assert_done(table);
}

#[test]
fn a_key_without_samples_fails_if_that_is_asked_for() {
    let server = server();
    let get = |arguments: &[&str]| server.run(&[&["get", "--fail-empty"], arguments].concat());
    get(&["b", "*"]).assert_done(&(lines(0..6)));
    get(&["nope"]).assert_failed(1, "no samples of \"nope\"\n");
    get(&["c*", "nope", "--format", "csv"]).assert_failed(1, "no samples of \"c*\", \"nope\"\n");
    get(&["b", "--since", "31"]).assert_failed(1, "no samples of \"b\" in that time\n");
    let some = get(&["b", "nope"]);
    some.assert_failed(1, "no samples of \"nope\"\n");
    assert_eq!(some.stdout, lines(3..6));
    Server::start().run(&["get", "*", "--fail-empty"]).assert_failed(1, "no samples of \"*\"\n");
}

#[test]
fn a_local_time_is_in_the_zone_of_tz() {
    let server = Server::start();
    server.put("k 1 1150864247");
    let run = |arguments: &[&str]| {
        let mut command = server.command(&[&["get", "k"], arguments].concat());
        Ended::of(command.env("TZ", "EET-2").output().unwrap())
    };
    run(&["--time", "local"]).assert_done("k 1.0 2006-06-21T06:30:47+02:00\n");
    let table = "k\n  2006-06-21 06:30:47 EET         1.0\n";
    run(&["--format", "table"]).assert_done(table);
    run(&["--since", "2006-06-21 06:30:47"]).assert_done("k 1.0 1150864247\n");
    run(&["--since", "2006-06-21 06:30:48"]).assert_nothing();
    run(&["--until", "2006-06-21 06:30:47"]).assert_done("k 1.0 1150864247\n");
    run(&["--until", "2006-06-21 06:30:46"]).assert_nothing();
    run(&["--until", "2006-06-21"]).assert_nothing();
}

#[test]
fn wrong_usage_is_reported_in_one_line() {
    let server = Server::start();
    let cases: &[(&[&str], &str)] = &[
        (&[], "<KEY>"),
        (&["a b"], "character 2 is a space"),
        (&["k", "--since", "yesterday"], "2h (ago)"),
        (&["k", "--since", "3", "--until", "2"], "--since is after --until; see --help"),
        (&["k", "--last", "0"], "--last"),
        (&["k", "--format", "xml"], "table, text, csv, json"),
    ];
    for (arguments, part) in cases {
        server.run(&[&["get"], *arguments].concat()).assert_failed(2, part);
    }
}

#[test]
fn a_reader_that_closes_the_output_is_not_an_error() {
    let server = Server::start();
    let samples: String = (0..100_000).map(|i| format!("k {i} {i}\n")).collect();
    server.put(&samples);
    for arguments in [&["get", "k"][..], &["get", "k", "--format", "table"], &["export"]] {
        let mut child = server.spawn(arguments);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut String::new()).unwrap();
        drop(stdout);
        Ended::of(child.wait_with_output().unwrap()).assert_done("");
    }
}

#[test]
fn a_refused_request_is_a_failure() {
    let (server, long) = (server(), "k".repeat(300));
    let told =
        "the server refused the request; the server does not say why: the key may be too long";
    for command in ["get", "export", "plot"] {
        server.run(&[command, &long]).assert_failed(1, told);
    }
}

#[test]
fn output_that_cannot_be_written_is_a_failure() {
    let server = server();
    for arguments in [&["get", "*"][..], &["export"], &["--help"]] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = server.command(arguments).stdout(full).output().unwrap();
        Ended::of(output).assert_failed(1, "cannot write the output: No space left");
    }
}

#[test]
fn a_closed_output_is_a_failure_of_each_command_that_writes_to_it() {
    let server = server();
    let closed = |arguments: &[&str]| {
        let command = server.command(arguments);
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$@\" >&-", "sh"]).arg(command.get_program());
        Ended::of(shell.args(command.get_args()).stdin(Stdio::null()).output().unwrap())
    };
    for arguments in [
        &["get", "*"][..],
        &["get", "*", "--format", "table"],
        &["keys"],
        &["keys", "--format", "table"],
        &["export"],
        &["ping"],
        &["plot", "b"],
        &["plot", "--font-license"],
        &["completions", "bash"],
        &["man"],
        &["--help"],
        &["get", "--help"],
        &["--version"],
    ] {
        closed(arguments).assert_failed(1, "cannot write the output: standard output is closed");
    }
    closed(&["put", "c", "1", "5"]).assert_done("");
}
