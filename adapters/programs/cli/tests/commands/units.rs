//! The unit of a server's timestamps, which a server with the HTTP API tells by itself.

use std::time::SystemTime;

use crate::program::Program;
use crate::setup::{Server, end, full};

fn counting(unit: &str) -> (Program, Server) {
    let program = Program::start(&["--time-unit", unit]);
    let server = Server(program.address.to_string());
    (program, server)
}

#[test]
fn every_command_uses_the_unit_that_the_server_tells() {
    for (unit, per_second) in [("s", 1), ("ms", 1_000), ("us", 1_000_000), ("ns", 1_000_000_000)] {
        let (_program, server) = counting(unit);
        server.run(&["put", "now", "1"]).assert_done("");
        server.feed(&["put"], b"piped 1\n").assert_done("");
        server
            .feed(&["import", "--format", "text"], b"old 1 2006-06-21T04:30:47Z\n")
            .assert_done("");
        let agent = server.run(&["agent", "--count", "1", "--host", "h"]);
        assert_eq!(agent.code, Some(0), "{agent:?}");
        let seconds = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;
        for line in server.samples().lines() {
            let expected = if line.starts_with("old ") { 1_150_864_247 } else { seconds };
            let stored: i64 = line.rsplit(' ').next().unwrap().parse().unwrap();
            assert!((stored / per_second - expected).abs() < 600, "{unit}: {line}");
        }
        for key in ["now", "piped", "h.usage"] {
            let found = server.run(&["get", key, "--since", "1h", "--until", "now"]);
            assert_eq!(
                (found.code, found.stdout.lines().count()),
                (Some(0), 1),
                "{unit}: {found:?}"
            );
        }
        server.run(&["get", "old", "--since", "1h"]).assert_nothing();
        for command in ["get", "export"] {
            let found = server.run(&[command, "old", "--until", "2006-06-21T04:30:47Z"]);
            assert!(found.stdout.contains("old"), "{unit}: {found:?}");
        }
        let plot = server.run(&["plot", "old", "--time", "utc"]);
        assert!(plot.stdout.contains("2006-06-21 04:30:"), "{unit}: {plot:?}");
        let keys = server.run(&["keys", "old", "--time", "utc"]);
        assert!(keys.stdout.contains("old 1.0 2006-06-21T04:30:47"), "{unit}: {keys:?}");
    }
}

#[test]
fn another_unit_than_the_servers_is_refused_before_anything_is_sent() {
    let (_program, server) = counting("ms");
    let told = "the unit is set to seconds, but ";
    for command in [
        &["put", "k", "1"][..],
        &["put", "k", "1", "5"],
        &["put"],
        &["import"],
        &["get", "k"],
        &["get", "*"],
        &["export"],
        &["keys"],
        &["plot", "k"],
    ] {
        let ended = server.feed(&[command, &["--unit", "s"]].concat(), b"k,1,5\n");
        ended.assert_failed(2, told);
        assert!(ended.stderr.contains(" counts milliseconds; leave out --unit"), "{ended:?}");
        server.run(&[command, &["--unit", "ms"]].concat());
    }
    let agent = server.run(&["agent", "--count", "1", "--unit", "s"]);
    assert_eq!(agent.code, Some(2), "{agent:?}");
    assert!(agent.stderr.contains(told), "{agent:?}");
    let mut get = server.command(&["get", "k"]);
    get.env("METRIC_UNIT", "us");
    let ended = end(get.stderr(std::process::Stdio::piped()).spawn().unwrap());
    ended.assert_failed(2, "the unit is set to microseconds, but ");
}

#[test]
fn a_server_that_does_not_say_its_unit_is_not_taken_to_count_seconds() {
    let server = Server::strange(full);
    for command in [&["put", "k", "1"][..], &["get", "k", "--since", "5m"]] {
        server
            .run(command)
            .assert_failed(1, "instead of telling its unit of time; --unit names it");
    }
    let agent = server.run(&["agent", "--count", "1"]);
    let told = "instead of telling its unit of time; --unit names it; trying again\n";
    assert!(agent.stderr.contains(told), "{agent:?}");
}
