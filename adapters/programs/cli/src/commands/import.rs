//! `metric import`: stores what `metric export` has written.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;
use crate::format::Format;
use crate::input::bulk;
use crate::input::lines::Lines;
use crate::input::reader::Reader;
use crate::output::progress::Progress;
use crate::server::Server;

/// Stores what "metric export" has written
///
/// Each sample needs its timestamp. What is refused is said on standard error, a line for each, the
/// rest is stored, and the exit code is 3. To import a file twice stores the same as once.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The file [default: standard input]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// The format [default: as the name of FILE ends, else csv]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

const EXAMPLES: &str = "\
Examples:
  metric import all.csv
  gunzip <palm.jsonl.gz | metric import --format jsonl
  metric import --format text <samples.txt";

pub(super) async fn run(
    server: &Server,
    Arguments { file, format }: Arguments,
) -> Result<(), Failure> {
    let format = format.or_else(|| Format::of(file.as_deref()?)).unwrap_or(Format::Csv);
    let lines = Lines::open(file.as_deref())?;
    let mut client = server.connect().await?;
    let progress = Progress::new(lines.length);
    bulk::send(&mut client, lines, Reader::new(format, false), progress).await
}
