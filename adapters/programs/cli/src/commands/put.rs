//! `metric put`: stores one sample or many.

use std::path::PathBuf;

use clap::Args;
use jiff::Zoned;
use metric_smol::client;

use crate::failure::Failure;
use crate::format::{Format, MARK};
use crate::input::bulk;
use crate::input::fields::{self, Fields};
use crate::input::lines::Lines;
use crate::input::reader::{Missing, Reader};
use crate::input::remarks::on_timestamp;
use crate::input::tally::Complaints;
use crate::key::check;
use crate::output::progress::say;
use crate::server::Server;
use crate::signals::unless_interrupted;
use crate::time::{self, Moment};

/// Store a sample, or many from a file or standard input
///
/// Each line is sent as soon as it is read. Refused lines are reported on standard error and the
/// rest is stored; the exit code is then 3.
#[derive(Args, Debug)]
#[command(override_usage = USAGE, after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Series [default: read samples from standard input]
    #[arg(value_name = "KEY", requires = "value", value_parser = key)]
    key: Option<String>,

    /// Decimal number
    #[arg(value_name = "VALUE", allow_hyphen_values = true, value_parser = value)]
    value: Option<String>,

    /// Number as stored, or a time as in --since [default: now]
    #[arg(value_name = "TIMESTAMP", allow_hyphen_values = true, value_parser = time::read)]
    timestamp: Option<Moment>,

    /// Read samples from a file, decompressed if it ends in .gz; - is standard
    /// input
    #[arg(long, short, value_name = "FILE", conflicts_with = "key")]
    file: Option<PathBuf>,

    /// Input format [default: by the extension of FILE, else text]
    #[arg(long, value_name = "FORMAT", conflicts_with = "key")]
    format: Option<Format>,

    #[command(flatten)]
    complaints: Complaints,
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

Lines are KEY VALUE [TIMESTAMP]. A missing timestamp is the time at which the line is read. The \
first line of CSV may name the columns key, value and timestamp, in any order and among others, \
which are ignored; otherwise these three are the columns, in this order. A file whose columns are \
unclear is refused. So is a JSON object without a timestamp that has other members than key and \
value.";

pub(super) async fn run(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    match &arguments {
        Arguments { key: Some(key), value: Some(value), timestamp, .. } => {
            unless_interrupted(put(server, key, value, *timestamp)).await
        }
        _ => put_many(server, arguments).await,
    }
}

async fn put(server: &Server, key: &str, value: &str, time: Option<Moment>) -> Result<(), Failure> {
    server.learn_unit().await?;
    let wrong = |why: &str| Failure::Usage(format!("{why}; see --help"));
    let timestamp = time.map(|time| time.timestamp(server.unit(), &Zoned::now())).transpose();
    let timestamp = timestamp.map_err(wrong)?.unwrap_or_else(|| server.unit().now());
    if let Some(Moment::Number(_)) = time {
        let remark = on_timestamp(server.unit(), timestamp);
        remark.into_iter().for_each(|remark| say(&format!("metric: {remark}")));
    }
    let timestamp = timestamp.to_string();
    let [key, value, timestamp] = [key, value, &timestamp].map(str::as_bytes);
    let mut text = Vec::new();
    let (key, sample) =
        Fields { key, value, timestamp }.read(server.unit(), &mut text).map_err(wrong)?;
    server.connect().await?.put(key, sample).await.map_err(unstored)
}

fn unstored(error: client::Error) -> Failure {
    match error {
        client::Error::Refused => Failure::UnexplainedPut("the sample was refused".to_owned()),
        error => error.into(),
    }
}

async fn put_many(
    server: &Server,
    Arguments { file, format, complaints, .. }: Arguments,
) -> Result<(), Failure> {
    let format = format.or_else(|| Format::of(file.as_deref()?)).unwrap_or(Format::Text);
    let lines = Lines::open(file.as_deref())?;
    server.learn_unit().await?;
    bulk::store(server, lines, Reader::new(format, server.unit(), Missing::Now), complaints).await
}

fn key(text: &str) -> Result<String, String> {
    if text.starts_with(MARK) {
        return Err("it begins with a byte order mark, an invisible character".to_owned());
    }
    check(text).map(|()| text.to_owned())
}

fn value(text: &str) -> Result<String, &'static str> {
    if fields::is_value(text.as_bytes()) { Ok(text.to_owned()) } else { Err(fields::NO_VALUE) }
}
