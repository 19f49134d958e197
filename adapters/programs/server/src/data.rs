//! The options of samples that last, and the store that they describe.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use metric_disk::{Directory, DiskStore, LEAST_BYTES, Settings, Sync};

use crate::quantity::{bytes, duration};

/// Where samples are kept, and how long.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Samples that last")]
pub(crate) struct Data {
    /// Where samples are kept; a missing directory is made, for this user only.
    /// One server uses it at a time, on a disk of this machine
    /// [default: in memory only, so that samples end with the server]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,

    /// What a sample survives once its `ok` is sent. write: the end of the
    /// server, even by kill -9. interval: a power loss, too, but for about the
    /// last second. always: any power loss; an `ok` waits for the disk
    /// [default: write]
    #[arg(long, value_name = "WHEN")]
    sync: Option<When>,

    /// Bytes that DIR may take, 64M at least, give or take a tenth; at the bound
    /// the oldest samples of all series go
    /// [default: no bound]
    #[arg(long, value_name = "N[M|G]", value_parser = bytes(LEAST_BYTES as usize))]
    keep_bytes: Option<usize>,

    /// How long samples are kept after they have arrived, whatever their
    /// timestamps, such as 30d, 12h, 90m or 45s; up to a quarter and a minute
    /// longer. A late sample goes with the older ones of its time
    /// [default: no bound]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    keep_age: Option<Duration>,

    /// Forget series, with their keys, that got no sample for so long; up to a
    /// quarter and a minute longer. Also without --data [default: never]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(crate) forget: Option<Duration>,
}

/// The values of `--sync`. Their meanings are in its help, which would be twice as long with a
/// paragraph for each.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum When {
    Write,
    Interval,
    Always,
}

impl From<When> for Sync {
    fn from(when: When) -> Self {
        match when {
            When::Write => Self::Write,
            When::Interval => Self::Interval,
            When::Always => Self::Always,
        }
    }
}

/// The bound on the samples of a series in memory, unless another is said.
const MAX_SAMPLES: usize = 1_000_000;

impl Data {
    /// Where samples are kept, unless in memory only.
    pub(crate) fn place(&self) -> Option<&Path> {
        self.data.as_deref()
    }

    /// Returns what is wrong with the options together.
    pub(crate) fn check(&self) -> Result<(), String> {
        let needing = [
            ("--sync", self.sync.is_some()),
            ("--keep-bytes", self.keep_bytes.is_some()),
            ("--keep-age", self.keep_age.is_some()),
        ];
        match needing.into_iter().find(|(_, is_given)| *is_given) {
            Some((option, _)) if self.data.is_none() => Err(format!("{option} needs --data DIR")),
            _ => Ok(()),
        }
    }

    /// The bound on the samples of a series, unless another is said.
    pub(crate) fn max_samples(&self) -> usize {
        if self.data.is_some() { usize::MAX } else { MAX_SAMPLES }
    }

    /// Completes the settings of a store.
    pub(crate) fn complete(&self, mut settings: Settings) -> Settings {
        settings.sync = self.sync.map(Sync::from).unwrap_or_default();
        (settings.keep_age, settings.forget) = (self.keep_age, self.forget);
        match self.keep_bytes {
            Some(bytes) => settings.with_keep_bytes(bytes as u64),
            None => settings,
        }
    }
}

/// Opens the store in a directory.
///
/// # Errors
///
/// A line for users.
pub(crate) fn open(place: &Path, settings: Settings) -> Result<Arc<DiskStore>, String> {
    let directory = Directory::create(place).map_err(|error| error.to_string())?;
    let opened = DiskStore::open(directory, settings);
    let (store, _) =
        opened.map_err(|error| format!("cannot open the data in {place:?}: {error}"))?;
    Ok(store)
}
