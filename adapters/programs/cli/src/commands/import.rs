//! `metric import`: stores the samples of a file that `metric export` wrote.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;
use crate::format::Format;
use crate::input::bulk;
use crate::input::lines::Lines;
use crate::input::reader::{Missing, Reader};
use crate::input::tally::Complaints;
use crate::server::Server;

/// Store the samples of a file that "metric export" wrote
///
/// Each sample needs a timestamp. Refused lines are reported on standard error and the rest is
/// stored; the exit code is then 3. Importing a file twice has the same effect as once.
#[derive(Args, Debug)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Input file, decompressed if it ends in .gz [default: standard input]
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,

    /// Input format [default: by the extension of FILE, else csv]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,

    #[command(flatten)]
    complaints: Complaints,
}

const EXAMPLES: &str = "\
Examples:
  metric import all.csv
  metric import palm.jsonl.gz
  metric import --format text <samples.txt

The first line of CSV names the columns key, value and timestamp, in any order and among others, \
which are ignored. A file whose columns are unclear is refused.";

pub(super) async fn run(
    server: &Server,
    Arguments { file, format, complaints }: Arguments,
) -> Result<(), Failure> {
    let format = format.or_else(|| Format::of(file.as_deref()?)).unwrap_or(Format::Csv);
    let lines = Lines::open(file.as_deref())?;
    server.learn_unit().await?;
    bulk::store(server, lines, Reader::new(format, server.unit(), Missing::Fault), complaints).await
}
