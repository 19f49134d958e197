//! The command line.

use clap::Parser;

use crate::commands::Command;
use crate::server;

/// Store, show and move metrics of a server
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
Exit codes: 0 success, 1 failure, 2 wrong usage, 3 a sample was refused, 130 interrupted.
agent exits with 0 when a signal stops it, and only counts refused samples. watch and \
plot --every exit with 0 on Ctrl-C; any other signal kills watch as usual.";

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Options::command().debug_assert();
    }
}
