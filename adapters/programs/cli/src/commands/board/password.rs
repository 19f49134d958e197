//! Reads a password. It is never an argument, which others on the machine could see.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::failure::Failure;
use crate::signals::unless_interrupted;
use crate::standard_streams::stdin;
use crate::system::TerminalModes;

/// Reads the password of a network from a file, or asks for it on the terminal without showing it.
/// Returns `None` for an open network.
pub(super) async fn read(network: &str, file: Option<&Path>) -> Result<Option<String>, Failure> {
    let text = match file {
        Some(file) => of_file(file).map_err(|error| {
            Failure::failed(format_args!(
                "cannot read the password from {}: {error}",
                file.display()
            ))
        })?,
        None => ask(network).await?,
    };
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// Returns the first line of a file.
fn of_file(file: &Path) -> io::Result<String> {
    let mut text = String::new();
    match file.to_str() {
        Some("-") => stdin()?.take(LONGEST).read_to_string(&mut text)?,
        _ => File::open(file)?.take(LONGEST).read_to_string(&mut text)?,
    };
    let line = text.lines().next().unwrap_or_default();
    Ok(line.to_owned())
}

async fn ask(network: &str) -> Result<String, Failure> {
    let question = format!("password of {}, empty for an open network: ", network.escape_debug());
    let modes = TerminalModes::now();
    // Before the question, which is there for a moment before its reader hides what is typed.
    modes.hide_typing();
    let typed = unless_interrupted(async {
        let typed = smol::unblock(|| rpassword::prompt_password(question)).await;
        typed.map_err(|error| {
            Failure::failed(format_args!(
                "cannot ask for the password: {error}; --password-file names a file that has it"
            ))
        })
    });
    let typed = typed.await;
    // Whoever interrupts leaves the question behind without its answer.
    modes.restore();
    typed
}

/// More than any password has.
const LONGEST: u64 = 1024;
