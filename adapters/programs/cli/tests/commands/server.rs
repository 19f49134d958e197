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
    let why = "METRIC_SERVER is 'foo': it must be HOST:PORT, such as 127.0.0.1:8888";
    run_in("foo", &["get", "k"]).assert_failed(2, why);
}

#[test]
fn the_command_line_outranks_the_environment() {
    let server = Server::start();
    server.put("k 1 2");
    for other in ["", "foo", &Server::closed().0] {
        run_in(other, &["--server", &server.0, "get", "k"]).assert_done("k 1.0 2\n");
        run_in(other, &["get", "k", "--server", &server.0]).assert_done("k 1.0 2\n");
    }
}

#[test]
fn commands_without_a_server_ignore_the_environment() {
    for arguments in [&["man"][..], &["completions", "bash"], &["plot", "--font-license"]] {
        let ended = run_in("foo", arguments);
        ended.assert_done(&ended.stdout);
    }
}
