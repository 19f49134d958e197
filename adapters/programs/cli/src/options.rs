//! The command line.

use clap::Parser;

use crate::commands::Command;
use crate::server;

/// Stores, shows and moves the metrics of a server
#[derive(Debug, Parser)]
#[command(name = "metric", version, max_term_width = 80, after_help = EXIT_CODES)]
#[command(subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) server: server::Arguments,

    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 done, 1 failed, 2 wrong usage, 3 something was refused, 130 interrupted.
agent is done when a signal ends it, and only counts what is refused. watch and \
plot --every are done at Ctrl-C; other signals end watch as they do any program.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Options::command().debug_assert();
    }
}
