//! The command line of metric-proto: one command a module.
//!
//! ```text
//!   options.rs ─▶ run ─▶ put.rs, get.rs, …  ◀─▶ server.rs ◀─▶ metric_smol::Client
//!                                 │
//!                                 └─ Failure ─▶ one line, an exit code
//! ```

#![forbid(unsafe_code)]

mod agent;
mod failure;
mod options;
mod ping;
mod server;

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
        Command::Agent(arguments) => agent::run(server, arguments).await,
        Command::Ping(arguments) => ping::run(server, arguments).await,
    }
}
