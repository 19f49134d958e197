//! The command line.

use clap::{Parser, Subcommand};

use crate::ping;
use crate::plot;
use crate::server::Server;
use crate::watch;

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
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the server has refused something,
130 interrupted.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Ping(ping::Arguments),
    Plot(plot::Arguments),
    Watch(watch::Arguments),
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
