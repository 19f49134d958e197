//! What a server program does beside serving.

use std::fmt::Display;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use metric_disk::{Copied, Report, backup, check};

use crate::complaint::ignore_closed;

/// A command beside serving. A server may use the directory meanwhile.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Tool {
    /// Check every byte of the samples in DIR, also while a server uses it.
    /// Exit code 1 means that something is damaged or missing, and a line says
    /// what
    Check {
        /// Where a server keeps its samples
        #[arg(value_name = "DIR")]
        data: PathBuf,
    },
    /// Copy the samples in DIR to TO, also while a server uses DIR, and check
    /// the copy. A server opens it by --data TO. Exit code 1 means that
    /// something in DIR is damaged or missing, and a line says what; the rest
    /// is copied
    Backup {
        /// Where a server keeps its samples
        #[arg(value_name = "DIR")]
        data: PathBuf,
        /// An empty directory; a missing one is made. On the same file system
        /// the copy takes hardly any space, and shares the fate of its disk
        #[arg(value_name = "TO")]
        to: PathBuf,
    },
}

impl Tool {
    /// Does it, and tells the outcome on standard output.
    ///
    /// # Errors
    ///
    /// A line for users.
    pub(crate) fn run(&self) -> Result<ExitCode, String> {
        match self {
            Self::Check { data } => {
                let checked = check(data);
                let report = checked.map_err(|error| format!("cannot check {data:?}: {error}"))?;
                tell(&report)?;
                Ok(exit_code(&report))
            }
            Self::Backup { data, to } => {
                let copied = backup(data, to);
                let copied = copied.map_err(|error| format!("cannot copy {data:?}: {error}"))?;
                let Copied { segments, linked, logs, bytes, report, .. } = copied;
                report.faults.iter().try_for_each(tell)?;
                tell(&format_args!(
                    "copied {segments} segments, {linked} of them as links, and {logs} logs: \
                     {bytes} bytes in {to:?}; faults: {}",
                    report.faults.len()
                ))?;
                Ok(exit_code(&report))
            }
        }
    }
}

fn exit_code(report: &Report) -> ExitCode {
    if report.is_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Prints lines to standard output, which may be closed.
fn tell(lines: &impl Display) -> Result<(), String> {
    let mut output = io::stdout();
    let told = writeln!(output, "{lines}").and_then(|()| output.flush());
    told.or_else(ignore_closed).map_err(|error| format!("cannot write the output: {error}"))
}
