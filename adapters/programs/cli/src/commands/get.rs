//! `metric get`: shows samples.

use std::io::{self, BufWriter, IsTerminal};

use clap::{Args, ValueEnum};
use metric_smol::Client;

use crate::failure::Failure;
use crate::format::Format;
use crate::output::listing::{Listing, tell_of_nothing};
use crate::output::rows::Rows;
use crate::output::table::Table;
use crate::query::{KEYS, Pattern, TIMES, Window};
use crate::server::Server;
use crate::signals::unless_interrupted;
use crate::time::Zone;

/// Shows the samples of series
///
/// A series without samples is no error: standard error says so if it is a terminal. For a prefix
/// of keys the server sends all that it has.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{TIMES}"))]
pub(crate) struct Arguments {
    #[arg(value_name = "KEY", required = true, help = KEYS)]
    keys: Vec<Pattern>,

    #[command(flatten)]
    window: Window,

    /// How samples are shown [default: table on a terminal, else text]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Form>,

    /// How times are shown [default: local in a table, else unix]
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
    /// For people: a heading for each series
    Table,
    /// KEY VALUE TIMESTAMP, as the protocol has it
    Text,
    /// Columns "key", "value", "timestamp"
    Csv,
    /// A line for each object with "key", "value", "timestamp"
    #[value(alias = "jsonl")]
    Json,
}

pub(super) async fn run(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    arguments.window.check()?;
    unless_interrupted(show(server, arguments)).await
}

async fn show(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    let form = arguments.format.unwrap_or_else(usual);
    let usual = if form == Form::Table { Zone::Local } else { Zone::Unix };
    let time = arguments.time.unwrap_or(usual);
    let mut client = server.connect().await?;
    match form.for_programs() {
        Some(format) => {
            list(&mut client, &arguments, Rows::begin(io::stdout(), format, time)?).await
        }
        None => {
            let output = BufWriter::new(anstream::stdout());
            list(&mut client, &arguments, Table::new(output, time)).await
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
    Arguments { keys, window, .. }: &Arguments,
    mut listing: impl Listing,
) -> Result<(), Failure> {
    let missing = listing.add_all(client, keys, window).await?;
    tell_of_nothing(&missing);
    Ok(())
}
