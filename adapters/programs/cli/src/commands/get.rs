//! `metric get`: shows samples.

use std::io::{self, BufWriter, IsTerminal};

use anstream::AutoStream;
use clap::{Args, ValueEnum};

use crate::failure::Failure;
use crate::format::Format;
use crate::output::listing::{Listing, report};
use crate::output::rows::Rows;
use crate::output::table::Table;
use crate::query::{Access, KEYS, Pattern, TIMES, Window};
use crate::server::Server;
use crate::signals::unless_interrupted;
use crate::standard_streams::stdout;
use crate::time::Zone;

/// Show samples
///
/// A key without samples is not an error unless --fail-empty is given; on a terminal, a line on
/// standard error says so. A server without the HTTP API sends all samples of each KEY, or all that it
/// has if one is a prefix, and metric filters them.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{TIMES}"))]
pub(crate) struct Arguments {
    #[arg(value_name = "KEY", required = true, help = KEYS)]
    keys: Vec<Pattern>,

    #[command(flatten)]
    window: Window,

    /// Output format [default: table on a terminal, else text]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Form>,

    /// Time format [default: local in a table, else unix]
    #[arg(long, value_name = "ZONE")]
    time: Option<Zone>,

    /// Fail if one of the KEYs has no samples
    #[arg(long)]
    fail_empty: bool,
}

const EXAMPLES: &str = "\
Examples:
  metric get palm.cpu --since 2h
  metric get 'palm.*' --last 1
  metric get palm.cpu palm.usage --since 2026-11-20 --format csv >palm.csv";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Form {
    /// A table for people
    Table,
    /// Lines of KEY VALUE TIMESTAMP, as in the protocol
    Text,
    /// Columns "key", "value", "timestamp"
    Csv,
    /// One object per line, with "key", "value", "timestamp"
    #[value(alias = "jsonl")]
    Json,
}

pub(super) async fn run(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    unless_interrupted(show(server, arguments)).await
}

async fn show(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    server.learn_unit().await?;
    arguments.window.check(server.unit())?;
    let form = arguments.format.unwrap_or_else(Form::usual);
    let usual = if form == Form::Table { Zone::Local } else { Zone::Unix };
    let clock = server.clock(arguments.time.unwrap_or(usual))?;
    let (keys, bounds) = (&arguments.keys, arguments.window.bounds(server.unit()));
    let access = &mut Access::open(server, keys, &bounds).await?;
    let findings = match form.for_programs() {
        Some(format) => {
            let mut rows = Rows::begin(stdout()?, format, clock)?;
            rows.add_all(access, keys, &bounds).await?
        }
        None => {
            let mut table = Table::new(BufWriter::new(AutoStream::auto(stdout()?)), clock);
            table.add_all(access, keys, &bounds).await?
        }
    };
    if arguments.fail_empty {
        findings.check(&bounds)?;
    }
    report(&findings, &bounds);
    Ok(())
}

impl Form {
    pub(super) fn usual() -> Self {
        if io::stdout().is_terminal() { Self::Table } else { Self::Text }
    }

    pub(super) const fn for_programs(self) -> Option<Format> {
        match self {
            Self::Table => None,
            Self::Text => Some(Format::Text),
            Self::Csv => Some(Format::Csv),
            Self::Json => Some(Format::Jsonl),
        }
    }
}
