//! A load generator for any server of the metrics protocol: sends a mix of requests and measures.
//!
//! ```text
//!  options ─▶ run ─▶ load ──────────────▶ tally ─▶ report
//!                     │ pace: when requests are due
//!                     │ workload: which requests, from mix and values
//!                     ▼
//!                 connection ─▶ replies: counts the replies
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

/// Prints the help in full, or an error as one line.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let what: Vec<_> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    complain(&format!("{}; --help shows the options", what.join(" ")));
    ExitCode::from(2)
}

/// Prints a line to standard error. A closed standard error is not a failure.
fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
