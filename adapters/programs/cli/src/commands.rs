//! The commands, one module each.

mod agent;
mod board;
mod export;
mod get;
mod import;
mod keys;
mod pages;
mod ping;
mod plot;
mod put;
mod rm;
mod watch;

use clap::Subcommand;

use crate::failure::Failure;
use crate::server::Server;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Put(put::Arguments),
    Get(get::Arguments),
    Keys(keys::Arguments),
    Watch(watch::Arguments),
    Plot(plot::Arguments),
    Rm(rm::Arguments),
    Agent(agent::Arguments),
    Export(export::Arguments),
    Import(import::Arguments),
    Ping(ping::Arguments),
    Board(board::Arguments),
    Completions(pages::Completions),
    Man(pages::Manual),
}

impl Command {
    /// Runs the command. Commands that need no server ignore an error in `server`.
    pub(crate) async fn run(self, server: Result<Server, Failure>) -> Result<(), Failure> {
        match self {
            Self::Put(arguments) => put::run(&server?, arguments).await,
            Self::Get(arguments) => get::run(&server?, arguments).await,
            Self::Keys(arguments) => keys::run(&server?, arguments).await,
            Self::Watch(arguments) => watch::run(&server?, arguments).await,
            Self::Plot(arguments) => plot::run(server, arguments).await,
            Self::Rm(arguments) => rm::run(&server?, arguments).await,
            Self::Agent(arguments) => agent::run(&server?, arguments).await,
            Self::Export(arguments) => export::run(&server?, arguments).await,
            Self::Import(arguments) => import::run(&server?, arguments).await,
            Self::Ping(arguments) => ping::run(&server?, arguments).await,
            Self::Board(arguments) => board::run(arguments).await,
            Self::Completions(arguments) => arguments.run(),
            Self::Man(arguments) => arguments.run(),
        }
    }
}
