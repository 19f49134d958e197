//! The command line.

use std::env::args_os;
use std::time::Duration;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Command, CommandFactory, FromArgMatches, Parser};
use log::LevelFilter;
use metric_memory::{Layout, MemoryStore};
use metric_proto::{LONGEST_KEY, Limits, MAX_KEY};
use metric_tcp::{Address, Settings};

use crate::bounds::Bounds;
use crate::data::Data;
use crate::doors::DoorOptions;
use crate::http::Http;
use crate::memory::allowed;
use crate::quantity::{bytes, whole};
use crate::tool::Tool;

/// A server that keeps metrics and speaks lines of text over TCP
#[derive(Clone, Debug, Parser)]
#[command(after_help = AFTER_HELP, disable_help_subcommand = true)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Options {
    /// Where to listen, at all addresses of a name and on port 8888 unless
    /// another is said; port 0 picks a free one. Can be given several times
    /// [default: 127.0.0.1, or the sockets that systemd passes]
    #[arg(long, value_name = "HOST[:PORT]")]
    listen: Vec<Address>,

    /// Connections served at once; more wait until one ends
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = whole(1..=usize::MAX))]
    max_connections: usize,

    /// End connections whose peer sends nothing, or takes nothing of its
    /// replies, for so long [default: never]
    #[arg(long, value_name = "SECONDS", value_parser = whole(1..=u64::MAX))]
    idle_timeout: Option<u64>,

    /// How long to wait, when told to stop, for peers to take their replies
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = whole(0..=u64::MAX))]
    grace: u64,

    /// Series kept; puts of more keys are refused
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = whole(1..=usize::MAX))]
    max_series: usize,

    /// Samples kept in each series; the oldest give way
    /// [default: 1000000; with --data no bound]
    #[arg(long, value_name = "N", value_parser = whole(1..=usize::MAX))]
    max_samples: Option<usize>,

    /// Bytes in the longest key, 255 to 1000; requests with longer ones are
    /// refused. The longest line has 385 bytes more than the longest key
    #[arg(long, value_name = "N", default_value_t = MAX_KEY, value_parser = whole(MAX_KEY..=LONGEST_KEY))]
    max_key: usize,

    /// Memory that samples and connections may take, such as 512M or 4G, 4M at
    /// least; the program itself takes about 4M besides. At the bound samples
    /// are moved to DIR, or without --data the oldest samples of the largest
    /// series give way, and new keys are refused
    /// [default: half of what this process may have]
    #[arg(long, value_name = "N[M|G]", value_parser = bytes(LEAST_MEMORY))]
    max_memory: Option<usize>,

    /// Threads that serve connections
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = whole(1_usize..=1024))]
    threads: usize,

    /// Keep this server's own counters as series, metric.requests and others,
    /// a sample of each every 10 seconds
    #[arg(long)]
    pub(crate) self_metrics: bool,

    /// What to log
    #[arg(long, value_name = "LEVEL", default_value = "info", value_parser = level())]
    pub(crate) log: LevelFilter,

    #[command(flatten)]
    pub(crate) data: Data,

    #[cfg(feature = "engine")]
    #[command(flatten)]
    pub(crate) engine: crate::engine::EngineOptions,

    #[command(flatten)]
    pub(crate) http: Http,

    #[command(flatten)]
    pub(crate) doors: DoorOptions,

    #[command(subcommand)]
    pub(crate) tool: Option<Tool>,
}

const AFTER_HELP: &str = "\
Try it: run `nc 127.0.0.1 8888`, type `put palm.cpu 23.7 1150864247`, `get *`.

Output: `listening on ADDR:PORT`, a line for each address, when it is ready; the
log is on standard error. SIGUSR1 logs the counters. SIGINT, SIGTERM and SIGHUP
(unless nohup has it ignored) end the server once all that it read is answered,
or when its grace is over; a second SIGINT or SIGTERM ends it at once.

Anyone who can connect can read and write: keep it on a network that you trust.";

impl Options {
    /// Reads the command line; a failure is to be shown by [`clap::Error::exit`] or in a line.
    pub(crate) fn read(name: &'static str, version: &'static str) -> Result<Self, clap::Error> {
        let mut command = Self::describe(name, version);
        let options = Self::from_arg_matches(&command.try_get_matches_from_mut(args_os())?)?;
        let checked = options.data.check().map(|()| options);
        checked.map_err(|message| command.error(ErrorKind::MissingRequiredArgument, message))
    }

    fn describe(name: &'static str, version: &'static str) -> Command {
        let command = Self::command().name(name).bin_name(name).version(version);
        // A negative number is a wrong value of its option, not an option that nobody knows.
        command.max_term_width(80).mut_args(|arg| {
            let takes_value = arg.get_action().takes_values();
            if takes_value { arg.allow_negative_numbers(true) } else { arg }
        })
    }

    /// Where to listen, with the default or without.
    pub(crate) fn places(&self, or_default: bool) -> Vec<Address> {
        match &self.listen[..] {
            [] if or_default => Vec::from_iter("127.0.0.1".parse()),
            places => places.to_vec(),
        }
    }

    pub(crate) fn bounds(&self) -> Bounds {
        Bounds {
            memory: self.max_memory.unwrap_or_else(|| allowed() / 2),
            connections: self.max_connections,
            series: self.max_series,
            samples: self.max_samples.unwrap_or(self.data.max_samples()),
            key: self.max_key,
            #[cfg(feature = "engine")]
            is_shared: self.engine.is_given(),
            #[cfg(not(feature = "engine"))]
            is_shared: false,
        }
    }

    pub(crate) fn settings(&self) -> Settings {
        let bounds = self.bounds();
        let mut settings = Settings::new(Limits::desktop(self.max_key));
        settings.max_connections = bounds.connections();
        settings.idle_timeout = self.idle_timeout.map(Duration::from_secs);
        settings.grace = Duration::from_secs(self.grace);
        settings.threads = self.threads;
        settings
    }

    /// An empty store in memory.
    pub(crate) fn store(&self) -> MemoryStore {
        let bounds = self.bounds();
        MemoryStore::with_layout(self.layout(), bounds.series, bounds.samples)
            .with_max_memory(bounds.memory_of_samples())
    }

    /// The settings of a store on a disk.
    pub(crate) fn disk_settings(&self) -> metric_disk::Settings {
        let bounds = self.bounds();
        let settings = metric_disk::Settings::new(self.layout(), bounds.series, bounds.samples);
        let mut settings = self.data.complete(settings);
        settings.max_memory = bounds.memory_beside_files();
        settings.unit = Some(self.http.unit().as_str());
        settings
    }

    /// The layout of a store, which one thread need not share.
    fn layout(&self) -> Layout {
        if self.threads == 1 { Layout::ONE_THREAD } else { Layout::default() }
    }
}

/// With less, connections would have hardly any room beside samples.
const LEAST_MEMORY: usize = 4 << 20;

fn level() -> impl TypedValueParser<Value = LevelFilter> {
    let levels = PossibleValuesParser::new(["off", "error", "warn", "info", "debug"]);
    levels.try_map(|level| level.parse())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Options::describe("metric-test", "1.0").debug_assert();
    }

    #[test]
    fn without_options_the_settings_are_the_default() {
        let options = Options::parse_from(["metric-test", "--max-memory", "1000G"]);
        let settings = options.settings();
        assert_eq!(format!("{settings:?}"), format!("{:?}", Settings::default()));
    }

    #[test]
    fn a_negative_number_is_a_wrong_value_of_its_option() {
        let wrong = Options::describe("metric-test", "1.0").try_get_matches_from([
            "metric-test",
            "--grace",
            "-1",
        ]);
        let message = wrong.unwrap_err().to_string();
        assert!(message.starts_with("error: invalid value '-1' for '--grace"), "{message}");
    }

    #[test]
    fn a_wrong_value_of_any_option_is_answered_in_plain_words() {
        // What libraries say of wrong values, and nobody else.
        let raw = ["..=", "is not in", "invalid digit", "invalid float", "parse", "too large"];
        let wrong = ["", "x", "-1", "99999999999999999999", "1.5", "5 s", "0", "4T"];
        let command = Options::describe("metric-test", "1.0");
        for option in command.get_arguments().filter_map(|option| option.get_long()) {
            for value in wrong {
                let arguments = ["metric-test", &format!("--{option}"), value];
                let Err(error) = command.clone().try_get_matches_from(arguments) else { continue };
                let error = error.to_string();
                assert!(!raw.iter().any(|raw| error.contains(raw)), "--{option} {value}: {error}");
            }
        }
    }
}
