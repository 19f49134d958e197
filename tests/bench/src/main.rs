//! A load of a chosen mix against any server of the metrics protocol, and what it measures.
//!
//! ```text
//!  options ─▶ run ─▶ load ──────────────▶ tally ─▶ report
//!                     │ pace: when requests are due
//!                     │ workload: what they are, from mix and values
//!                     ▼
//!                 connection ─▶ replies: what came back
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

/// Shows help in full and what is wrong in a line.
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

/// Nobody may be there to read it.
fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}
