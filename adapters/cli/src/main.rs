//! The command line of metric-proto: one command a module.
//!
//! ```text
//!   options.rs ─▶ run ─▶ put.rs, get.rs, …  ◀─▶ server.rs ◀─▶ metric_smol::Client
//!                                 │
//!                                 └─ Failure ─▶ one line, an exit code
//! ```

#![forbid(unsafe_code)]

mod colour;
mod failure;
mod fetch;
mod options;
mod pattern;
mod ping;
mod plot;
mod server;
mod text;
mod time;
mod watch;

use std::process::ExitCode;

use clap::Parser;

use failure::Failure;
use options::{Command, Options};

fn main() -> ExitCode {
    let options = match Options::try_parse() {
        Ok(options) => options,
        Err(error) => return failure::usage(&error),
    };
    match smol::block_on(run(options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

async fn run(options: Options) -> Result<(), Failure> {
    let server = &options.server;
    match options.command {
        Command::Ping(arguments) => ping::run(server, arguments).await,
        Command::Plot(arguments) => plot::run(server, arguments).await,
        Command::Watch(arguments) => watch::run(server, arguments).await,
    }
}
