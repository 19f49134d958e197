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

    /// Texts that most options do not take.
    const WRONG: [&str; 9] =
        ["", "x", "-1", "99999999999999999999", "1.5", "1e9", "5 s", "0", "nan"];

    /// What libraries say of wrong values, and nobody else.
    const RAW: [&str; 6] =
        ["..=", "is not in", "invalid digit", "invalid float", "parse", "too large"];

    #[test]
    fn a_wrong_value_of_any_option_is_answered_in_plain_words() {
        let mut wrong = 0;
        for command in program().get_subcommands() {
            let root = program();
            for option in command.get_arguments().chain(root.get_arguments()) {
                let name = option.get_long().map(|long| format!("--{long}"));
                for value in WRONG {
                    let front = ["metric", command.get_name()].map(str::to_owned);
                    let arguments = front.into_iter().chain(name.clone()).chain([value.to_owned()]);
                    let Err(error) = program().try_get_matches_from(arguments) else { continue };
                    let error = error.to_string();
                    let is_raw = RAW.iter().any(|raw| error.contains(raw));
                    assert!(!is_raw, "{option} {value}: {error}");
                    wrong += usize::from(error.contains("invalid value"));
                }
            }
        }
        assert!(wrong > 100, "{wrong}");
    }
}
