//! `metric put`.

use std::fs;
use std::io::Write;
use std::process::Command;

use crate::setup::{Ended, Server};

/// All reasons for which a server refuses a put, since it does not say which.
const PERHAPS: &str = "the server does not say why: the series may be full of newer samples, there may be no room for \
                       another series, the key may be too long for the server, or it cannot write to its disk";

#[test]
fn a_sample_is_stored() {
    let server = Server::start();
    server.run(&["put", "palm.cpu", "23.70", "1150864247"]).assert_done("");
    assert_eq!(server.samples(), "palm.cpu 23.7 1150864247\n");
}

#[test]
fn a_missing_timestamp_is_now() {
    let now = || std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let (server, before) = (Server::start(), now());
    server.run(&["put", "k", "1"]).assert_done("");
    let samples = server.samples();
    let timestamp = samples.trim_end().strip_prefix("k 1.0 ").unwrap().parse().unwrap();
    assert!((before..=now()).contains(&timestamp), "{timestamp}");
    let many = Server::start();
    many.feed(&["put"], b"k 1").assert_done("");
    many.feed(&["put", "--format", "csv"], b"j,1").assert_done("");
    let samples = many.samples();
    let timestamps = samples.lines().map(|line| line.rsplit(' ').next().unwrap().parse().unwrap());
    assert!(timestamps.clone().all(|time| (before..=now()).contains(&time)), "{samples}");
    assert_eq!(timestamps.count(), 2);
}

#[test]
fn negative_numbers_are_not_taken_for_options() {
    let cases = [
        (["-1.5", "-3"], "-1.5 -3"),
        (["-.5", "+7"], "-0.5 7"),
        (["-1e-7", "-9223372036854775808"], "-1e-7 -9223372036854775808"),
        (["-2.2250738585072014E-308", "0"], "-2.2250738585072014e-308 0"),
        (["-0", "1"], "-0.0 1"),
    ];
    for ([value, timestamp], expected) in cases {
        let server = Server::start();
        server.run(&["put", "k", value, timestamp, "--timeout", "60"]).assert_done("");
        assert_eq!(server.samples(), format!("k {expected}\n"));
    }
}

#[test]
fn an_invalid_sample_is_wrong_usage() {
    let server = Server::start();
    let cases: &[(&[&str], &str)] = &[
        (&["*", "1"], "* is no key"),
        (&["a b", "1"], "character 2 is a space"),
        (&["\u{feff}k", "1"], "'\\u{feff}k' for '[KEY]': it begins with a byte order mark"),
        (&["k"], "<VALUE>"),
        (&["k", "nan"], "not a finite decimal number"),
        (&["k", "1 2"], "not a finite decimal number"),
        (&["k", "1e309"], "not a finite decimal number"),
        (&["k", "1", "1.5"], "it must be a time such as 2h (ago)"),
        (&["k", "1", "2", "3"], "'3'"),
        (&["k", "1", "--file", "f"], "--file"),
        (&["--format", "xml"], "text, csv, jsonl"),
    ];
    for (arguments, part) in cases {
        server.run(&[&["put"], *arguments].concat()).assert_failed(2, part);
    }
    assert_eq!(server.samples(), "");
}

#[test]
fn a_refused_sample_is_reported() {
    let server = Server::with_bounds(1, 10);
    server.put("k 1 2");
    let refused = |sample: [&str; 3]| {
        server.run(&[&["put"][..], &sample].concat()).assert_failed(3, PERHAPS);
        let ended = server.feed(&["put"], sample.join(" ").as_bytes());
        let told: Vec<_> = ended.stderr.lines().collect();
        assert!(told[0].ends_with(": the server refused the sample"), "{ended:?}");
        assert!(ended.code == Some(3) && told[1].ends_with(PERHAPS), "{ended:?}");
    };
    refused(["j", "1", "2"]);
    refused([&"j".repeat(300), "1", "2"]);
    let full = (3..13).map(|timestamp| format!("k 1 {timestamp}\n")).collect::<String>();
    server.put(&full);
    refused(["k", "1", "1"]);
}

#[test]
fn lines_are_stored_whatever_their_number() {
    let server = Server::start();
    let lines: String = (0..10_000).map(|i| format!("k{} {i} {i}\n", i % 10)).collect();
    server.feed(&["put"], lines.as_bytes()).assert_done("");
    assert_eq!(server.samples().lines().count(), 10_000);
    server.feed(&["put"], b"").assert_done("");
    server.feed(&["put"], b"\n  \nlast \t-.5 7\n").assert_done("");
    assert!(server.samples().ends_with("last -0.5 7\n"));
}

#[test]
fn a_last_line_that_may_be_cut_is_told_as_it_was_read() {
    let told = "it has no line end, so the input may be cut; it was read as k 2.0 11508";
    for (arguments, input, line) in [
        (&["import"][..], "key,value,timestamp\nk,1,1150864247\nk,2,11508", 3),
        (&["import", "--format", "text"], "k 2 11508", 1),
        (&["put"], "k 1 1150864247\nk 2 11508", 2),
        (&["put", "--format", "csv"], "key,value,timestamp\r\nk,2,11508", 2),
    ] {
        let server = Server::start();
        let ended = server.feed(arguments, input.as_bytes());
        assert_eq!((ended.code, ended.stderr), (Some(0), format!("metric: line {line}: {told}\n")));
        server.feed(arguments, format!("{input}\n").as_bytes()).assert_done("");
    }
    let server = Server::start();
    server.feed(&["put"], b"k 1 5").assert_done("");
    let object = r#"{"key":"k","value":1,"timestamp":5}"#;
    let objects = [object, object].join("\n");
    server.feed(&["import", "--format", "jsonl"], objects.as_bytes()).assert_done("");
    assert_eq!(server.samples(), "k 1.0 5\n");
}

#[test]
fn each_refused_line_is_reported_and_the_rest_is_stored() {
    let server = Server::with_bounds(2, 10);
    let lines = b"a 1 1\nb nan 1\nb 1 1\r\nc 1 1\nput b 1 1\n\xff 1 1\na 1 2.5\nd 2 2\nb 3 3\n";
    let ended = server.feed(&["put"], lines);
    assert_eq!((ended.code, &*ended.stdout), (Some(3), ""));
    let mut told: Vec<_> = ended.stderr.lines().collect();
    let sum = "metric: samples stored: 3, refused: 2, lines that are not samples: 4";
    assert_eq!(told.pop(), Some(&*format!("{sum}; {PERHAPS}")));
    // Invalid lines are reported when they are read, refused ones when their replies arrive.
    told.sort_unstable();
    let [c, d] = ["4: \"c 1 1", "8: \"d 2 2"]
        .map(|line| format!("line {line}\": the server refused the sample"));
    let expected = [
        "line 2: \"b nan 1\": the value is not a finite decimal number",
        &c,
        "line 5: \"put b 1 1\": expected KEY VALUE [TIMESTAMP]",
        "line 6: \"\\xff 1 1\": it is not UTF-8; if it is Latin-1, `iconv -f LATIN1 -t UTF-8` \
         converts the input",
        "line 7: \"a 1 2.5\": the timestamp is not a 64-bit integer, \
         nor a date and time such as 2026-11-20T10:00:00Z",
        &d,
    ];
    assert_eq!(told, expected.map(|line| format!("metric: {line}")));
    assert_eq!(server.samples(), "a 1.0 1\nb 1.0 1\nb 3.0 3\n");
}

#[test]
fn a_wrong_file_is_reported_by_its_first_lines_and_counts() {
    let server = Server::with_bounds(1, 10);
    let lines = "a 1 1\n".to_owned() + &"x\nb nan 1\nb 1 1\n".repeat(1_000);
    let ended = server.feed(&["put"], lines.as_bytes());
    let told: Vec<_> = ended.stderr.lines().collect();
    let (first, end) = told.split_at(20);
    assert!(first.iter().all(|line| line.starts_with("metric: line ")), "{told:#?}");
    assert!(end.len() <= 4, "{told:#?}");
    let counts = end.iter().filter_map(|line| line.strip_prefix("metric: further lines: "));
    let counts = counts.map(|line| line.split_once(": ").unwrap().0.parse::<u64>().unwrap());
    assert_eq!(counts.sum::<u64>(), 3_000 - 20, "{told:#?}");
    let sum = "metric: samples stored: 1, refused: 1000, lines that are not samples: 2000; \
               --report-all reports each; ";
    assert_eq!((ended.code, *end.last().unwrap()), (Some(3), &*format!("{sum}{PERHAPS}")));
    let all = server.feed(&["put", "--report-all"], lines.as_bytes());
    assert_eq!((all.code, all.stderr.lines().count()), (Some(3), 3_000 + 1));
}

#[test]
fn a_reported_line_is_shortened_and_escaped() {
    let server = Server::start();
    let told = server.feed(&["put"], format!("\u{1b}[31m{} 1 2\n", "x".repeat(300)).as_bytes());
    let line = told.stderr.lines().next().unwrap();
    let shown = format!("metric: line 1: \"\\u{{1b}}[31m{}\"...: a key", "x".repeat(55));
    assert!(line.starts_with(&shown), "{line}");
}

#[test]
fn a_files_extension_selects_the_input_format() {
    let dir = tempfile::tempdir().unwrap();
    let cases = [
        ("a.csv", "timestamp,key,more,value\n2,\"k\"\"\",x,-1\n"),
        ("b.csv", "\"k\"\"\",-1,2\n"),
        ("c.jsonl", "{\"key\":\"k\\\"\",\"value\":-1,\"timestamp\":2}\n"),
        ("d.txt", "k\" -1 2\n"),
        ("e", "k\" -1 2\n"),
    ];
    for (name, text) in cases {
        let (server, path) = (Server::start(), dir.path().join(name));
        fs::write(&path, text).unwrap();
        server.run(&["put", "--file", path.to_str().unwrap()]).assert_done("");
        assert_eq!(server.samples(), "k\" -1.0 2\n", "{name}");
    }
    let server = Server::start();
    server.feed(&["put", "--file", "-", "--format", "csv"], b"k,1,2").assert_done("");
    assert_eq!(server.samples(), "k 1.0 2\n");
}

#[test]
fn a_header_without_a_timestamp_must_not_name_other_columns() {
    let server = Server::start();
    for header in ["key,value,time", "key,value,key,timestamp"] {
        for command in ["put", "import"] {
            let csv = format!("{header}\nk,1,1\n");
            let ended = server.feed(&[command, "--format", "csv"], csv.as_bytes());
            let told = format!("line 1: \"{header}\": it must name the columns key, value and ");
            ended.assert_failed(1, &told);
        }
    }
    assert_eq!(server.samples(), "");
    server.feed(&["put", "--format", "csv"], b"value,key\n1,k\n").assert_done("");
    assert_eq!(server.samples().lines().count(), 1);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let server = Server::start();
    server.run(&["put", "--file", "no.such.file"]).assert_failed(1, "cannot read no.such.file");
    server.run(&["put", "--file", "/"]).assert_failed(1, "cannot read /: ");
}

#[test]
fn a_closed_input_is_a_failure_of_each_command_that_reads_it() {
    let server = Server::start();
    let closed = |arguments: &[&str]| {
        let command = server.command(arguments);
        let mut shell = Command::new("sh");
        shell.args(["-c", "exec \"$@\" <&-", "sh"]).arg(command.get_program());
        Ended::of(shell.args(command.get_args()).output().unwrap())
    };
    let password = ["board", "config", "--for", "pico-w", "--wifi", "w", "--password-file", "-"];
    for arguments in [
        &["put"][..],
        &["put", "--file", "-"],
        &["import"],
        &[&password[..], &["--out", "/dev/null"]].concat()[..],
    ] {
        closed(arguments).assert_failed(1, "standard input is closed");
    }
    closed(&["put", "k", "1", "5"]).assert_done("");
    closed(&["get", "k"]).assert_done("k 1.0 5\n");
}

#[test]
fn a_line_is_sent_before_the_next_arrives() {
    let server = Server::start();
    let mut child = server.spawn(&["put"]);
    let mut stdin = child.stdin.take().unwrap();
    for count in 1..=3 {
        stdin.write_all(format!("k {count} {count}\nk half").as_bytes()).unwrap();
        server.wait_for(count);
        stdin.write_all(b"\n").unwrap();
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(3));
}

#[test]
fn a_line_of_any_length_takes_bounded_memory() {
    let server = Server::start();
    let mut child = server.spawn(&["put"]);
    let mut stdin = child.stdin.take().unwrap();
    for _ in 0..64 {
        stdin.write_all(&vec![b'x'; 1 << 20]).unwrap();
    }
    stdin.write_all(b"\nk 1 2\n").unwrap();
    server.wait_for(1);
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let peak: u64 = peak.trim().strip_suffix(" kB").unwrap().parse().unwrap();
    assert!(peak < 32 * 1024, "{peak} KiB");
    drop(stdin);
    let ended = Ended::of(child.wait_with_output().unwrap());
    assert!(ended.stderr.contains("line 1: \"xxx"), "{ended:?}");
    assert!(ended.stderr.contains("\"...: it is too long for a sample\n"), "{ended:?}");
}
