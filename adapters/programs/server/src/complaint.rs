//! Lines on standard error before there is a log.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::error::ContextValue;

/// Prints help in full, and an error of the command line in one line.
pub(crate) fn refuse(mut error: clap::Error) -> ExitCode {
    if !error.use_stderr() {
        return match error.print().or_else(ignore_closed) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                complain(&format!("error: cannot write the output: {error}"));
                ExitCode::FAILURE
            }
        };
    }
    show_arguments(&mut error);
    let text = error.to_string();
    let what: Vec<_> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    complain(&format!("{}; see --help", what.join(" ")));
    ExitCode::from(2)
}

/// Escapes invisible characters in the arguments that an error shows. Clap leaves them out, and a
/// line feed would end the message.
fn show_arguments(error: &mut clap::Error) {
    let escaped = |value: &ContextValue| match value {
        ContextValue::String(text) => Some(ContextValue::String(visible(text))),
        _ => None,
    };
    let shown: Vec<_> =
        error.context().filter_map(|(kind, value)| Some((kind, escaped(value)?))).collect();
    for (kind, value) in shown {
        error.insert(kind, value);
    }
}

/// Prints a line to standard error, which may be closed.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{}", visible(line));
}

/// Escapes control characters, and characters that reorder text.
fn visible(text: &str) -> String {
    let escaped = |char: char| match char {
        '"' | '\'' | '\\' => char.to_string(),
        _ => char.escape_debug().to_string(),
    };
    text.chars().map(escaped).collect()
}

/// Turns the error of an output that is closed into success.
pub(crate) fn ignore_closed(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::BrokenPipe { Ok(()) } else { Err(error) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_escaped() {
        assert_eq!(
            visible("\u{1b}[31m\u{202e}\na\"'\\\u{e9}"),
            "\\u{1b}[31m\\u{202e}\\na\"'\\\u{e9}"
        );
    }
}
