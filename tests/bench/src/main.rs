//! A load generator for metrics servers. It sends a mix of requests and measures the replies.
//!
//! ```text
//!  options ─▶ run ─▶ load ──────────────▶ tally ─▶ report
//!                     │ pace: the times at which requests are due
//!                     │ workload: the requests, from mix and values
//!                     ▼
//!                 connection ─▶ replies: counts what came back
//! ```

#![forbid(unsafe_code)]

mod connect;
mod connection;
mod load;
mod mix;
mod options;
mod pace;
mod process;
mod progress;
mod replies;
mod report;
mod run;
mod tally;
mod values;
mod workload;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::options::Options;

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => return refuse(&error),
    };
    match run::run(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            complain(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

/// Prints help in full, and an error of the command line in one line.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return if error.print().is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let text = error.to_string();
    let what: Vec<_> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    complain(&format!("{}; see --help", what.join(" ")));
    ExitCode::from(2)
}

/// Prints a line on standard error. Errors are ignored, since there is no place to report them.
fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
