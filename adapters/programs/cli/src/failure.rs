//! How a command ends when it was not done: a line for people, an exit code for scripts.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
use metric_smol::client;

/// Why a command was not done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something went wrong.
    Failed(String),
    /// It cannot be done the way it was asked for.
    Usage(String),
    /// The server has refused something, which is said in a line.
    Refused(String),
    /// Somebody has interrupted it.
    Interrupted(String),
    /// Whoever reads the output wants no more of it.
    Closed,
}

impl Failure {
    pub(crate) fn failed(message: impl fmt::Display) -> Self {
        Self::Failed(message.to_string())
    }

    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Failed(message) => say(&message, 1),
            Self::Usage(message) => say(&message, 2),
            Self::Refused(message) => say(&message, 3),
            Self::Interrupted(message) => say(&message, 130),
            Self::Closed => ExitCode::SUCCESS,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(message)
            | Self::Usage(message)
            | Self::Refused(message)
            | Self::Interrupted(message) => f.write_str(message),
            Self::Closed => f.write_str("the output is closed"),
        }
    }
}

impl From<client::Error> for Failure {
    fn from(error: client::Error) -> Self {
        match error {
            client::Error::Refused => Self::Refused(
                "the server has refused it: the key is over its bounds, or, of a put, the number \
                 of series is, or the sample is older than all of a full series"
                    .to_owned(),
            ),
            client::Error::TimedOut => {
                Self::failed("the server does not answer in time; --timeout gives it more")
            }
            client::Error::InvalidReply(error) => {
                Self::failed(format_args!("{error}; is it a server of this protocol?"))
            }
            error => Self::failed(error),
        }
    }
}

/// Errors of standard output: those of the server come as the client's.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::failed(format_args!("cannot write the output: {error}")),
        }
    }
}

/// Shows help in full, and what is wrong with the command line in a line.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() || error.kind() == DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return ExitCode::from(error.exit_code() as u8);
    }
    let text = error.to_string();
    let what: Vec<_> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    say(&format!("{}; --help shows how", what.join(" ").trim_start_matches("error: ")), 2)
}

fn say(message: &str, code: u8) -> ExitCode {
    // Nobody is left to be told if that fails.
    let _ = writeln!(io::stderr(), "metric: {message}");
    ExitCode::from(code)
}
