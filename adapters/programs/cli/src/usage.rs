//! Errors of the command line, in one line each.

use std::process::ExitCode;

use clap::error::ContextValue;
use clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;

use crate::failure::Failure;
use crate::output::text::visible;
use crate::standard_streams::stdout;

/// Prints help in full, and an error in one line, with what clap proposes.
pub(crate) fn report(mut error: clap::Error) -> ExitCode {
    if !error.use_stderr() || error.kind() == DisplayHelpOnMissingArgumentOrSubcommand {
        let is_open = if error.use_stderr() { Ok(()) } else { stdout().map(drop) };
        return match is_open.and_then(|()| error.print()) {
            Ok(()) => ExitCode::from(error.exit_code() as u8),
            Err(error) => Failure::from(error).report(),
        };
    }
    show_arguments(&mut error);
    Failure::Usage(format!("{}; see --help", in_one_line(&error.to_string()))).report()
}

/// Escapes invisible characters in the arguments that an error shows. Clap leaves them out, and a
/// line feed would end the message.
fn show_arguments(error: &mut clap::Error) {
    let escaped = |value: &ContextValue| match value {
        ContextValue::String(text) => Some(ContextValue::String(visible(text))),
        ContextValue::Strings(texts) => {
            Some(ContextValue::Strings(texts.iter().map(|text| visible(text)).collect()))
        }
        _ => None,
    };
    let shown: Vec<_> =
        error.context().filter_map(|(kind, value)| Some((kind, escaped(value)?))).collect();
    for (kind, value) in shown {
        error.insert(kind, value);
    }
}

fn in_one_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim);
    let what: Vec<_> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    let what = what.join(" ").trim_start_matches("error: ").to_owned();
    lines.filter_map(|line| line.strip_prefix("tip: ")).fold(what, |what, tip| what + "; " + tip)
}
