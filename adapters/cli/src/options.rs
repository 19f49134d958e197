//! The command line.

use clap::{Parser, Subcommand};

use crate::server::Server;
use crate::{agent, export, get, import, pages, ping, plot, put, watch};

/// Stores, shows and moves the metrics of a server
#[derive(Debug, Parser)]
#[command(name = "metric", version, max_term_width = 80, after_help = EXIT_CODES)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) server: Server,

    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 something was refused, 130 interrupted.
agent is done when a signal ends it, and only counts what is refused. watch is done at Ctrl-C; \
other signals end it as they do any program.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Put(put::Arguments),
    Get(get::Arguments),
    Watch(watch::Arguments),
    Plot(plot::Arguments),
    Agent(agent::Arguments),
    Export(export::Arguments),
    Import(import::Arguments),
    Ping(ping::Arguments),
    Completions(pages::Completions),
    Man(pages::Manual),
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Options::command().debug_assert();
    }
}
