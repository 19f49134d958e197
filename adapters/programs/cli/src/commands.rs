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
use crate::http::explained;
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
        let done = match (self, &server) {
            (Self::Board(arguments), _) => board::run(arguments).await,
            (Self::Completions(arguments), _) => arguments.run(),
            (Self::Man(arguments), _) => arguments.run(),
            (Self::Plot(arguments), _) if arguments.is_of_font() => plot::show_license(),
            (_, Err(_)) => return server.map(drop),
            (Self::Put(arguments), Ok(server)) => put::run(server, arguments).await,
            (Self::Get(arguments), Ok(server)) => get::run(server, arguments).await,
            (Self::Keys(arguments), Ok(server)) => keys::run(server, arguments).await,
            (Self::Watch(arguments), Ok(server)) => watch::run(server, arguments).await,
            (Self::Plot(arguments), Ok(server)) => plot::run(server, arguments).await,
            (Self::Rm(arguments), Ok(server)) => rm::run(server, arguments).await,
            (Self::Agent(arguments), Ok(server)) => agent::run(server, arguments).await,
            (Self::Export(arguments), Ok(server)) => export::run(server, arguments).await,
            (Self::Import(arguments), Ok(server)) => import::run(server, arguments).await,
            (Self::Ping(arguments), Ok(server)) => ping::run(server, arguments).await,
        };
        match (done, server) {
            (Err(failure), Ok(server)) => Err(explained(&server, failure).await),
            (done, _) => done,
        }
    }
}
