//! Runs the built program's `watch` and `plot` in a terminal and in a pipe.

mod jobs;
mod password;
mod plot;
#[path = "../commands/program.rs"]
mod program;
mod progress;
mod served;
mod terminal;
mod watch;
mod web;

/// The path of the program.
const METRIC: &str = env!("CARGO_BIN_EXE_metric");

/// 2006-06-20 12:00:00 UTC.
const NOON: i64 = 1_150_804_800;
