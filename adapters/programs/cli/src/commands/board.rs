//! `metric board`: prepares boards that run the metrics server.

mod config;
mod model;
mod password;
mod uf2;

use clap::{Args, Subcommand};

use crate::failure::Failure;

/// Prepare boards that run the metrics server
#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Config(config::Arguments),
}

pub(super) async fn run(Arguments { command }: Arguments) -> Result<(), Failure> {
    match command {
        Command::Config(arguments) => config::run(arguments).await,
    }
}
