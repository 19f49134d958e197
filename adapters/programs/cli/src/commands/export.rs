//! `metric export`: writes samples to a file that `metric import` reads.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use metric_proto::{Key, Sample};
use metric_smol::Client;

use crate::failure::Failure;
use crate::format::Format;
use crate::output::draft::Draft;
use crate::output::listing::{Listing, tell_of_nothing};
use crate::output::progress::{Progress, tell};
use crate::output::rows::Rows;
use crate::query::{KEYS, Pattern, TIMES, Window};
use crate::server::Server;
use crate::signals::unless_interrupted;
use crate::system::standard_output;
use crate::time::Zone;

/// Writes series to a file that "metric import" reads
///
/// An import into an empty server, exported again, gives the same bytes. A file takes its name when
/// it is whole: an export that fails leaves what was there before. For a prefix of keys the server
/// sends all that it has.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{TIMES}"))]
pub(crate) struct Arguments {
    #[arg(value_name = "KEY", default_value = "*", help = KEYS)]
    keys: Vec<Pattern>,

    #[command(flatten)]
    window: Window,

    /// The file; - is standard output, which is the default
    #[arg(long, short, value_name = "FILE")]
    out: Option<PathBuf>,

    /// The format [default: as the name of FILE ends, else csv]
    #[arg(long, value_name = "FORMAT")]
    format: Option<Format>,
}

const EXAMPLES: &str = "\
Examples:
  metric export --out all.csv
  metric export palm.cpu --since 2026-11-01 --format jsonl | gzip >palm.jsonl.gz
  metric export | metric --server other:8888 import";

pub(super) async fn run(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    arguments.window.check()?;
    unless_interrupted(export(server, arguments)).await
}

async fn export(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    let mut client = server.connect().await?;
    match arguments.out.as_deref().filter(|path| *path != Path::new("-")) {
        None => {
            let output = standard_output()?;
            write(&mut client, &arguments, &output).await.map(drop)
        }
        Some(path) => {
            let draft = Draft::new(path)?;
            let samples = write(&mut client, &arguments, draft.file()).await?;
            draft.finish()?;
            tell(&format!("metric: samples written: {samples}"));
            Ok(())
        }
    }
}

/// Says how many samples were written.
async fn write(
    client: &mut Client,
    Arguments { keys, window, out, format }: &Arguments,
    output: &File,
) -> Result<u64, Failure> {
    let format = format.or_else(|| Format::of(out.as_deref()?)).unwrap_or(Format::Csv);
    let rows = Rows::begin(output, format, Zone::Unix)?;
    // Else whoever takes the samples may have the screen.
    let is_file = output.metadata()?.is_file();
    let progress = if is_file { Progress::new(None) } else { Progress::none() };
    let mut counted = Counted { listing: rows, samples: 0, progress };
    let missing = counted.add_all(client, keys, window).await?;
    let Counted { samples, progress, .. } = counted;
    // What is told stands where the bar was.
    drop(progress);
    tell_of_nothing(&missing);
    Ok(samples)
}

/// Shows how many samples there were so far.
struct Counted<L> {
    listing: L,
    samples: u64,
    progress: Progress,
}

/// Not to be looked at more often.
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
