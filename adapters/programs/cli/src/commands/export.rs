//! `metric export`: writes samples to a file that `metric import` reads.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use metric_proto::{Key, Sample};

use crate::failure::Failure;
use crate::format::{Format, is_gzip};
use crate::output::draft::Draft;
use crate::output::listing::{Listing, report};
use crate::output::progress::{Progress, say, tell};
use crate::output::rows::Rows;
use crate::output::sink::{Sink, check_name};
use crate::query::{Access, Bounds, KEYS, Pattern, TIMES, Window};
use crate::server::Server;
use crate::signals::unless_interrupted;
use crate::standard_streams::unbuffered_stdout;
use crate::time::{Clock, Zone};

/// Write samples to a file that "metric import" reads
///
/// Importing the file into an empty server and exporting again gives the same bytes. The file is
/// replaced only when the new one is complete: an export that fails leaves the old file as it was.
/// A server without the HTTP API sends all samples of each KEY, or all that it has if one is a prefix,
/// and metric filters them.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{TIMES}"))]
pub(crate) struct Arguments {
    #[arg(value_name = "KEY", default_value = "*", help = KEYS)]
    keys: Vec<Pattern>,

    #[command(flatten)]
    window: Window,

    /// Output file, compressed if it ends in .gz; - is standard output, the
    /// default
    #[arg(long, short, value_name = "FILE", value_parser = output)]
    out: Option<PathBuf>,

    /// Output format [default: by the extension of FILE, else csv]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

const EXAMPLES: &str = "\
Examples:
  metric export --out all.csv
  metric export palm.cpu --since 2026-11-01 --out palm.jsonl.gz
  metric export | metric --server other:8888 import";

pub(super) async fn run(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    unless_interrupted(export(server, arguments)).await
}

async fn export(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    server.learn_unit().await?;
    arguments.window.check(server.unit())?;
    let clock = server.clock(Zone::Unix)?;
    let bounds = arguments.window.bounds(server.unit());
    let mut access = Access::open(server, &arguments.keys, &bounds).await?;
    match arguments.out.as_deref().filter(|path| *path != Path::new("-")) {
        None => {
            let output = unbuffered_stdout()?;
            write(&mut access, &arguments, (bounds, clock), &output).await.map(drop)
        }
        Some(path) => {
            let draft = Draft::new(path)?;
            let samples = write(&mut access, &arguments, (bounds, clock), draft.file()).await?;
            draft.finish()?;
            tell(&format!("metric: samples written: {samples}"));
            Ok(())
        }
    }
}

fn output(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    check_name(&path).map(|()| path)
}

/// Writes the selected samples. Returns their number.
async fn write(
    access: &mut Access<'_>,
    Arguments { keys, out, format, .. }: &Arguments,
    (bounds, clock): (Bounds, Clock),
    output: &File,
) -> Result<u64, Failure> {
    let format = format.or_else(|| Format::of(out.as_deref()?)).unwrap_or(Format::Csv);
    let name = out.as_deref().filter(|path| *path != Path::new("-"));
    let rows = Rows::begin(Sink::new(output, name), format, clock)?;
    // If the output is a pipe, the program behind it may use the screen.
    let is_file = output.metadata()?.is_file();
    let progress = if is_file { Progress::new(None) } else { Progress::none() };
    let mut counted = Counted { listing: rows, samples: 0, progress };
    let findings = counted.add_all(access, keys, &bounds).await?;
    let Counted { listing, samples, progress } = counted;
    listing.finish()?.finish()?;
    // Print after the bar is gone, so that the line is not overwritten.
    drop(progress);
    report(&findings, &bounds);
    if out.is_none() {
        findings.missing.iter().filter_map(|key| taken_for_key(key)).for_each(|tip| say(&tip));
    }
    Ok(samples)
}

/// Returns a tip if a key without samples has a name as files have.
fn taken_for_key(pattern: &Pattern) -> Option<String> {
    let Pattern::Key(name) = pattern else { return None };
    let is_file = Format::of(Path::new(name)).is_some() || is_gzip(Path::new(name));
    is_file.then(|| format!("metric: {name} is taken for a key; --out {name} names the file"))
}

/// A listing that shows the number of samples so far.
struct Counted<L> {
    listing: L,
    samples: u64,
    progress: Progress,
}

/// Samples between two updates of the bar.
const STEP: u64 = 1024;

impl<L: Listing> Listing for Counted<L> {
    fn add(&mut self, key: Key<'_>, sample: Sample) -> io::Result<()> {
        self.samples += 1;
        if self.samples.is_multiple_of(STEP) {
            self.progress.show(0, self.samples);
        }
        self.listing.add(key, sample)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.listing.flush()
    }
}
