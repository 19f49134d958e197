//! The command line.

use clap::{Arg, Command as Program, CommandFactory, FromArgMatches, Parser};

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

impl Options {
    /// Parses the command line of this process.
    pub(crate) fn read() -> Result<Self, clap::Error> {
        let mut program = program();
        let matches = program.try_get_matches_from_mut(std::env::args_os())?;
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut program))
    }
}

/// Returns the commands and their options. A negative number behind an option is its value, and not
/// an unknown option, so that the error says what is wrong with it.
fn program() -> Program {
    let take_negative = |option: Arg| {
        let takes_value = !option.is_positional() && option.get_action().takes_values();
        if takes_value { option.allow_negative_numbers(true) } else { option }
    };
    let program = Options::command().mut_args(take_negative);
    program.mut_subcommands(|command| command.mut_args(take_negative))
}

const EXIT_CODES: &str = "\
Exit codes: 0 success, 1 failure, 2 wrong usage, 3 a sample was refused, 130 interrupted.
agent exits with 0 when a signal stops it, and only counts refused samples. watch and \
plot --every exit with 0 on Ctrl-C; any other signal kills watch as usual.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_consistent() {
        program().debug_assert();
    }
}
