//! `metric completions` and `metric man`: shell completions and manual pages.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Command, CommandFactory};
use clap_complete::{Shell, generate};
use clap_mangen::{Man, generate_to};

use crate::failure::Failure;
use crate::options::Options;
use crate::standard_streams::stdout;

/// Print completions for a shell
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  metric completions bash >~/.local/share/bash-completion/completions/metric")]
pub(crate) struct Completions {
    /// Shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Print the manual page
#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  metric man | man -l -
  metric man --dir ~/.local/share/man/man1")]
pub(crate) struct Manual {
    /// Write a page for each command into this folder
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Completions {
    pub(super) fn run(self) -> Result<(), Failure> {
        let mut text = Vec::new();
        generate(self.shell, &mut Options::command(), "metric", &mut text);
        Ok(stdout()?.write_all(&text)?)
    }
}

/// Returns the command without `metric help`, which needs no page.
fn command() -> Command {
    Options::command().disable_help_subcommand(true)
}

impl Manual {
    pub(super) fn run(self) -> Result<(), Failure> {
        let Some(dir) = self.dir else {
            let mut text = Vec::new();
            Man::new(command()).render(&mut text)?;
            return Ok(stdout()?.write_all(&text)?);
        };
        let written = fs::create_dir_all(&dir).and_then(|()| generate_to(command(), &dir));
        written.map_err(|error| {
            Failure::failed(format_args!("cannot write to {}: {error}", dir.display()))
        })
    }
}
