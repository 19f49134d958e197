//! Failures of a command: one line for people, an exit code for scripts.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use metric_smol::client;

use crate::output::text::visible;

/// Why a command ended without success.
#[derive(Debug)]
pub(crate) enum Failure {
    /// An operation failed.
    Failed(String),
    /// The command line is wrong.
    Usage(String),
    /// Samples were refused, for reasons that were told.
    Refused(String),
    /// The server refused puts, as this says. The protocol has one error for all reasons.
    UnexplainedPut(String),
    /// The server refused another request, likewise.
    UnexplainedRequest,
    /// The server did not answer in time.
    TimedOut(String),
    /// A signal interrupted the command.
    Interrupted(String),
    /// The reader of standard output closed it.
    Closed,
}

const REFUSED: &str = "the server refused the request";
const UNTOLD: &str = "the server does not say why";

/// What a refused put may mean.
const REFUSED_PUT: &str = "the series may be full of newer samples, there may be no room for another series, the key may be \
     too long for the server, or it cannot write to its disk";

/// What another refused request may mean.
const REFUSED_REQUEST: &str = "the key may be too long for it, or it cannot read its samples";

impl Failure {
    pub(crate) fn failed(message: impl fmt::Display) -> Self {
        Self::Failed(message.to_string())
    }

    /// Returns what failed in few words: the message without its remedies and numbers of errors.
    pub(crate) fn cause(&self) -> String {
        let message = self.to_string();
        let cause = message.split_once("; ").map_or(message.as_str(), |(cause, _)| cause);
        cause.split_once(" (os error").map_or(cause, |(cause, _)| cause).to_owned()
    }

    /// Adds what was done before the failure.
    pub(crate) fn after(mut self, done: impl fmt::Display) -> Self {
        if let Self::Failed(message) | Self::TimedOut(message) | Self::Interrupted(message) =
            &mut self
        {
            message.push_str(&format!("; {done}"));
        }
        self
    }

    /// Returns the failure with the reason for which the server refused, if it lacks one.
    pub(crate) fn because(self, reason: &str) -> Self {
        match self {
            Self::UnexplainedPut(what) => Self::Refused(format!("{what}; {reason}")),
            Self::UnexplainedRequest => Self::Failed(format!("{REFUSED}; {reason}")),
            other => other,
        }
    }

    pub(crate) fn report(self) -> ExitCode {
        match self {
            Self::Failed(message) | Self::TimedOut(message) => say(&message, 1),
            Self::UnexplainedRequest => say(&self.to_string(), 1),
            Self::Usage(message) => say(&message, 2),
            Self::Refused(message) => say(&message, 3),
            Self::UnexplainedPut(_) => say(&self.to_string(), 3),
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
            | Self::TimedOut(message)
            | Self::Interrupted(message) => f.write_str(message),
            Self::UnexplainedPut(what) => write!(f, "{what}; {UNTOLD}: {REFUSED_PUT}"),
            Self::UnexplainedRequest => write!(f, "{REFUSED}; {UNTOLD}: {REFUSED_REQUEST}"),
            Self::Closed => f.write_str("the output is closed"),
        }
    }
}

impl From<client::Error> for Failure {
    fn from(error: client::Error) -> Self {
        match error {
            client::Error::Refused => Self::UnexplainedRequest,
            client::Error::TimedOut => Self::TimedOut(
                "the server did not answer in time; raise --timeout to wait longer".to_owned(),
            ),
            client::Error::InvalidReply(error) => {
                Self::failed(format_args!("{error}; is this a metrics server?"))
            }
            error => Self::failed(error),
        }
    }
}

/// Converts errors of standard output. Errors of the connection are `client::Error`s.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::failed(format_args!("cannot write the output: {error}")),
        }
    }
}

fn say(message: &str, code: u8) -> ExitCode {
    // If standard error fails, there is no place left to report that.
    let _ = writeln!(io::stderr(), "metric: {}", visible(message));
    ExitCode::from(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_has_no_remedy_and_no_number() {
        for (message, cause) in [
            (
                "cannot connect to [::1]:8888: Connection refused (os error 111); is the server \
                 running? --server selects another",
                "cannot connect to [::1]:8888: Connection refused",
            ),
            ("the server closed the connection", "the server closed the connection"),
        ] {
            assert_eq!(Failure::failed(message).cause(), cause);
        }
        let timed_out = Failure::from(client::Error::TimedOut).cause();
        assert_eq!(timed_out, "the server did not answer in time");
    }
}
