//! `metric get`: shows samples.

use std::io::{self, BufWriter, IsTerminal};

use clap::{Args, ValueEnum};
use metric_smol::Client;

use crate::failure::Failure;
use crate::format::Format;
use crate::output::listing::{Listing, report};
use crate::output::rows::Rows;
use crate::output::table::Table;
use crate::query::{Bounds, KEYS, Pattern, TIMES, Window};
use crate::server::Server;
use crate::signals::unless_interrupted;
use crate::time::Zone;

/// Show samples
///
/// A key without samples is not an error; on a terminal, a line on standard error says so. For a
/// key prefix the server sends all that it has, and metric filters it.
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
}

const EXAMPLES: &str = "\
Examples:
  metric get palm.cpu --since 2h
  metric get 'palm.*' --last 1
  metric get palm.cpu palm.usage --since 2026-11-20 --format csv >palm.csv";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A table with a heading for each series
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
    arguments.window.check(server.unit)?;
    unless_interrupted(show(server, arguments)).await
}

async fn show(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    let form = arguments.format.unwrap_or_else(usual);
    let usual = if form == Form::Table { Zone::Local } else { Zone::Unix };
    let clock = server.clock(arguments.time.unwrap_or(usual))?;
    let (keys, bounds) = (&arguments.keys, arguments.window.bounds(server.unit));
    let mut client = server.connect().await?;
    match form.for_programs() {
        Some(format) => {
            list(&mut client, keys, bounds, Rows::begin(io::stdout(), format, clock)?).await
        }
        None => {
            let output = BufWriter::new(anstream::stdout());
            list(&mut client, keys, bounds, Table::new(output, clock)).await
        }
    }
}

impl Form {
    const fn for_programs(self) -> Option<Format> {
        match self {
            Self::Table => None,
            Self::Text => Some(Format::Text),
            Self::Csv => Some(Format::Csv),
            Self::Json => Some(Format::Jsonl),
        }
    }
}

fn usual() -> Form {
    if io::stdout().is_terminal() { Form::Table } else { Form::Text }
}

async fn list(
    client: &mut Client,
    keys: &[Pattern],
    bounds: Bounds,
    mut listing: impl Listing,
) -> Result<(), Failure> {
    let findings = listing.add_all(client, keys, &bounds).await?;
    report(&findings, &bounds);
    Ok(())
}
