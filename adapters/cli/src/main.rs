//! The command line of metric-proto: one command a module.
//!
//! ```text
//!   options.rs ─▶ run ─▶ put.rs, get.rs, …  ◀─▶ server.rs ◀─▶ metric_smol::Client
//!                                 │
//!                                 └─ Failure ─▶ one line, an exit code
//!
//!   put, import: lines.rs ─▶ reader.rs: fields.rs, csv.rs ─▶ bulk.rs ─▶ server
//!                                  what is refused ─▶ tally.rs ◀─┘
//!   get, export: server ─▶ listing.rs ─▶ rows.rs, or table.rs for people
//!                              export: into a file by draft.rs
//! ```

#![forbid(unsafe_code)]

mod agent;
mod bulk;
mod colour;
mod csv;
mod draft;
mod export;
mod failure;
mod fields;
mod format;
mod get;
mod import;
mod lines;
mod listing;
mod options;
mod pages;
mod ping;
mod plot;
mod progress;
mod put;
mod query;
mod reader;
mod rows;
mod server;
mod signals;
mod table;
mod tally;
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
        Command::Put(arguments) => put::run(server, arguments).await,
        Command::Get(arguments) => get::run(server, arguments).await,
        Command::Watch(arguments) => watch::run(server, arguments).await,
        Command::Plot(arguments) => plot::run(server, arguments).await,
        Command::Agent(arguments) => agent::run(server, arguments).await,
        Command::Export(arguments) => export::run(server, arguments).await,
        Command::Import(arguments) => import::run(server, arguments).await,
        Command::Ping(arguments) => ping::run(server, arguments).await,
        Command::Completions(arguments) => arguments.run(),
        Command::Man(arguments) => arguments.run(),
    }
}
