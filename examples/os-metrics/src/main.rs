//! Measures this machine every few seconds and sends what it measured to a metrics server.
//!
//! ```text
//!  Machine ── a round ──▶ Outbox ◀── a window ──▶ Sender ◀── puts, replies ──▶ server
//!     collector thread                     sender thread
//! ```
//!
//! The collector never waits for the network: all that the two threads share is the outbox, whose
//! lock nobody holds while it reads, writes or measures. The main thread waits for signals and is
//! the only one that prints.

#![forbid(unsafe_code)]

mod backoff;
mod collect;
mod connection;
mod host;
mod machine;
mod options;
mod outbox;
mod queue;
mod report;
mod run;
mod schedule;
mod sender;

use std::process::ExitCode;

use options::Options;
use report::say;

fn main() -> ExitCode {
    let options = match Options::read() {
        Ok(options) => options,
        Err(error) => return refuse(&error),
    };
    match run::run(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            say(format_args!("error: {message}"));
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
    say(format_args!("{}; --help shows the options", what.join(" ")));
    ExitCode::from(2)
}
