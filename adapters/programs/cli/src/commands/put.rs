//! `metric put`: stores a sample, or many.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;
use crate::format::Format;
use crate::input::bulk;
use crate::input::fields::{self, Fields};
use crate::input::lines::Lines;
use crate::input::reader::Reader;
use crate::output::progress::{Progress, tell};
use crate::server::Server;
use crate::signals::unless_interrupted;
use crate::time;

/// Stores a sample, or many from a file or standard input
///
/// Lines are sent as they come. What is refused is said on standard error, a line for each, the
/// rest is stored, and the exit code is 3.
#[derive(Args, Debug)]
#[command(override_usage = USAGE, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The series; without it, samples are read from standard input
    #[arg(value_name = "KEY", requires = "value", value_parser = key)]
    key: Option<String>,

    /// A decimal number
    #[arg(value_name = "VALUE", allow_hyphen_values = true, value_parser = value)]
    value: Option<String>,

    /// A whole number, by custom the seconds since 1970 [default: now]
    #[arg(value_name = "TIMESTAMP", allow_hyphen_values = true, value_parser = timestamp)]
    timestamp: Option<String>,

    /// Read samples from a file; - is standard input
    #[arg(long, short, value_name = "FILE", conflicts_with = "key")]
    file: Option<PathBuf>,

    /// The format of what is read [default: as the name of FILE ends, else text]
    #[arg(long, value_name = "FORMAT", conflicts_with = "key")]
    format: Option<Format>,
}

const USAGE: &str = "\
metric put [OPTIONS] KEY VALUE [TIMESTAMP]
       metric put [OPTIONS] [--file FILE]";

const EXAMPLES: &str = "\
Examples:
  metric put palm.cpu 23.7
  metric put palm.cpu -1.5e3 1150864247
  metric put --file samples.csv
  tail -f samples.txt | metric put

Lines are KEY VALUE [TIMESTAMP]. The first line of CSV may name its columns, in any order, and \
others only beside all of these; without, they are key,value,timestamp. Where the timestamp is \
missing, it is the time at which the line was read.";

pub(super) async fn run(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    match &arguments {
        Arguments { key: Some(key), value: Some(value), timestamp, .. } => {
            let now = || time::now().to_string();
            put(server, key, value, &timestamp.clone().unwrap_or_else(now)).await
        }
        _ => put_many(server, arguments).await,
    }
}

async fn put(server: &Server, key: &str, value: &str, timestamp: &str) -> Result<(), Failure> {
    let [key, value, timestamp] = [key, value, timestamp].map(str::as_bytes);
    let mut text = Vec::new();
    let (key, sample) =
        Fields { key, value, timestamp }.read(&mut text).map_err(Failure::failed)?;
    let put = async { Ok(server.connect().await?.put(key, sample).await?) };
    unless_interrupted(put).await
}

async fn put_many(
    server: &Server,
    Arguments { file, format, .. }: Arguments,
) -> Result<(), Failure> {
    let format = format.or_else(|| Format::of(file.as_deref()?)).unwrap_or(Format::Text);
    let lines = Lines::open(file.as_deref())?;
    let typed = lines.is_standard_input && io::stdin().is_terminal();
    let mut client = server.connect().await?;
    if typed {
        tell("metric: type KEY VALUE [TIMESTAMP], a line for each sample; Ctrl-D ends");
    }
    let progress = if typed { Progress::none() } else { Progress::new(lines.length) };
    bulk::send(&mut client, lines, Reader::new(format, true), progress).await
}

fn key(text: &str) -> Result<String, String> {
    metric_proto::Key::new(text).map(|key| key.to_string()).map_err(|error| error.to_string())
}

fn value(text: &str) -> Result<String, &'static str> {
    if fields::is_value(text.as_bytes()) { Ok(text.to_owned()) } else { Err(fields::NO_VALUE) }
}

fn timestamp(text: &str) -> Result<String, &'static str> {
    let is_timestamp = fields::is_timestamp(text.as_bytes());
    if is_timestamp { Ok(text.to_owned()) } else { Err(fields::NO_TIMESTAMP) }
}
