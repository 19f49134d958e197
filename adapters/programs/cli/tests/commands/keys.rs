//! `metric keys`.

use std::time::{SystemTime, UNIX_EPOCH};

use crate::setup::Server;
use crate::terminal::show;

const SAMPLES: &str = "\
a.\" 1.5 -3
a.\" 2.5 1150864247
a.b 1e+300 9223372036854775807
b 4.0 30
";

fn server() -> Server {
    let server = Server::start();
    server.put(SAMPLES);
    server
}

#[test]
fn in_a_pipe_each_series_is_a_line_of_its_newest_sample() {
    let server = server();
    let lines: Vec<_> = SAMPLES.split_inclusive('\n').skip(1).collect();
    server.run(&["keys"]).assert_done(&lines.concat());
    server.run(&["keys", "*"]).assert_done(&lines.concat());
    server.run(&["keys", "a.*"]).assert_done(&lines[..2].concat());
    server.run(&["keys", "b", "a.b"]).assert_done(&[lines[2], lines[1]].concat());
    server.run(&["keys", "c*"]).assert_nothing();
}

#[test]
fn each_format_of_get_is_one_of_keys() {
    let server = server();
    for format in ["text", "csv", "json"] {
        for time in ["unix", "utc"] {
            let options = ["--format", format, "--time", time];
            let got = server.run(&[&["get", "*", "--last", "1"], &options[..]].concat());
            server.run(&[&["keys"], &options[..]].concat()).assert_done(&got.stdout);
        }
    }
    server.run(&["keys", "--format", "xml"]).assert_failed(2, "xml");
    server.run(&["keys", "a b"]).assert_failed(2, "a b");
    Server::closed().run(&["keys"]).assert_failed(1, "cannot connect");
}

#[test]
fn on_a_terminal_the_series_are_a_table() {
    let server = server();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    server.put(&format!("a.c 7 {}", now - 9_000));
    let table = "\
\u{1b}[1mKEY   VALUE    AGE\u{1b}[0m
a.\"     2.5    AGE
a.b  1e+300      ?
a.c     7.0     2h
";
    let years = (now - 1_150_864_247) / (365 * 86_400);
    let table = table.replace("   AGE\na.b", &format!("{:>6}\na.b", format!("{years}y")));
    assert_eq!(show(server.command(&["keys", "a.*"])), table);
    assert_eq!(show(server.command(&["keys", "c*"])), "metric: no samples of \"c*\"\n");
}

#[test]
fn what_finds_nothing_says_so_and_what_a_star_matches() {
    let server = Server::start();
    server.put("a.cpu 1 2\n");
    for command in ["get", "keys"] {
        let ended = server.run(&[command, "*.cpu"]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(
            ended.stderr.starts_with("metric: no samples of \"*.cpu\"; a * matches only at the")
        );
        assert!(ended.stderr.contains("as ** does in the HTTP API"), "{ended:?}");
        assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
        let some = server.run(&[command, "a.cpu", "none"]);
        assert_eq!((some.code, &*some.stderr), (Some(0), ""));
    }
}
