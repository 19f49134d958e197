//! The program: its promises, and the conformance suite against it.

use std::path::Path;

use metric_tests::door_suite::check_doors;
use metric_tests::program_suite::{check_program, check_program_conforms};
use metric_tests::web_suite::check_web;

const PROGRAM: &str = env!("CARGO_BIN_EXE_metric-async-std");

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
