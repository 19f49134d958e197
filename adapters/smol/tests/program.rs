//! The program: its promises, the conformance suite, and the Python client against it.

use std::path::Path;
use std::process::Command;

use metric_tests::door_suite::check_doors;
use metric_tests::program_suite::{check_program, check_program_conforms};
use metric_tests::web_suite::check_web;

const PROGRAM: &str = env!("CARGO_BIN_EXE_metric-smol");

#[test]
fn the_program_keeps_its_promises() {
    check_program(Path::new(PROGRAM));
}

#[test]
fn the_program_speaks_http() {
    check_web(Path::new(PROGRAM));
}

#[test]
fn the_program_takes_samples_by_other_protocols() {
    check_doors(Path::new(PROGRAM));
}

#[test]
fn the_program_conforms() {
    check_program_conforms(Path::new(PROGRAM));
}

#[test]
fn the_python_client_works_with_the_program() {
    let python = Command::new("python3").arg("--version").output();
    if !python.is_ok_and(|output| output.status.success()) {
        println!("skipped: python3 is not installed");
        return;
    }
    let mut tests = Command::new("python3");
    tests.args(["-m", "unittest", "discover", "-s", "tests"]);
    tests.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../../adapters/python"));
    let output = tests.env("METRIC_SERVER_PROGRAM", PROGRAM).output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && log.contains("\nOK\n"), "{log}");
}
