//! The choice of the server.

use std::process::Command;

use crate::setup::{Ended, Server};

fn run_in(server: &str, arguments: &[&str]) -> Ended {
    let mut command = Command::new(env!("CARGO_BIN_EXE_metric"));
    Ended::of(command.args(arguments).env("METRIC_SERVER", server).output().unwrap())
}

#[test]
fn the_environment_selects_the_server() {
    let server = Server::start();
    server.put("k 1 2");
    run_in(&server.0, &["get", "k"]).assert_done("k 1.0 2\n");
    let wrong = [
        ("foo:bar", "the port must be a number up to 65535"),
        ("8888", "it names no host; write HOST:PORT, such as 127.0.0.1:8888"),
        ("::1:8888", "an IPv6 address with a port needs brackets, such as [::1]:8888"),
    ];
    for (server, why) in wrong {
        run_in(server, &["get", "k"])
            .assert_failed(2, &format!("METRIC_SERVER is '{server}': {why}"));
    }
}

#[test]
fn the_command_line_outranks_the_environment() {
    let server = Server::start();
    server.put("k 1 2");
    for other in ["", "foo:bar", &Server::closed().0] {
        run_in(other, &["--server", &server.0, "get", "k"]).assert_done("k 1.0 2\n");
        run_in(other, &["get", "k", "--server", &server.0]).assert_done("k 1.0 2\n");
    }
}

#[test]
fn commands_without_a_server_ignore_the_environment() {
    for arguments in [&["man"][..], &["completions", "bash"], &["plot", "--font-license"]] {
        let ended = run_in("foo:bar", arguments);
        ended.assert_done(&ended.stdout);
    }
}

#[test]
fn a_zone_is_named_as_the_system_names_it() {
    let server = Server::start();
    let port = server.0.rsplit_once(':').unwrap().1;
    for zone in ["fe80::1%no-such", &format!("[fe80::1%no-such]:{port}")] {
        let why = "no interface 'no-such' has link-local addresses such as fe80::1";
        let ended = run_in(zone, &["get", "k"]);
        assert!(ended.stderr.contains(why), "{}", ended.stderr);
    }
}
