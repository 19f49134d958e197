//! The command line.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};
use std::time::Duration;

use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::mix::Mix;
use crate::values::Values;
use crate::workload::MAX_KEYS;

/// Generate load for a metrics server and measure throughput and latency
#[derive(Clone, Debug, Parser)]
#[command(version, max_term_width = 80, after_help = AFTER_HELP)]
pub(crate) struct Options {
    /// Where the server listens: host and port
    #[arg(value_name = "ADDR:PORT", value_parser = address)]
    pub(crate) address: SocketAddr,

    /// Connections that send requests
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = RangedU64ValueParser::<usize>::new().range(1..=65_535))]
    pub(crate) connections: usize,

    /// Requests that a connection sends in one write before it waits for
    /// their replies
    #[arg(long, value_name = "N", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub(crate) pipeline: u64,

    /// Relative shares of put, get and get-all, drawn for each request
    #[arg(long, value_name = "KIND=N,...", default_value = "put=1")]
    pub(crate) mix: Mix,

    /// Number of keys; puts and gets cycle through them
    #[arg(long, value_name = "N", default_value_t = 1000)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=MAX_KEYS))]
    pub(crate) keys: u64,

    /// Samples per key; later puts replace them. 0 puts a new timestamp every
    /// time
    #[arg(long, value_name = "N", default_value_t = 100)]
    #[arg(value_parser = clap::value_parser!(u64).range(..=u64::from(u32::MAX)))]
    pub(crate) samples: u64,

    /// The first timestamp; the timestamps of a key are one second apart
    #[arg(long, value_name = "TIMESTAMP", default_value_t = 1_700_000_000)]
    #[arg(allow_negative_numbers = true)]
    pub(crate) start: i64,

    /// Values to put: walk, two decimals, each near the one before, like a
    /// sensor's; uniform, two decimals, from 0 to 1000; random, any double
    #[arg(long, value_name = "KIND", default_value = "walk", hide_possible_values = true)]
    pub(crate) values: Values,

    /// Open loop: send this many requests per second, whether or not replies
    /// arrive
    #[arg(long, value_name = "REQ_PER_S", value_parser = rate)]
    pub(crate) rate: Option<f64>,

    /// Seconds to measure [default: 10, unless --requests is given]
    #[arg(long, value_name = "S", value_parser = positive, conflicts_with = "requests")]
    pub(crate) seconds: Option<Duration>,

    /// Number of requests to send
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) requests: Option<u64>,

    /// Seconds to send before measuring
    #[arg(long, value_name = "S", default_value = "1", value_parser = seconds)]
    pub(crate) warm_up: Duration,

    /// Additional idle connections to hold open
    #[arg(long, value_name = "N", default_value_t = 0)]
    #[arg(value_parser = RangedU64ValueParser::<usize>::new().range(..=65_535))]
    pub(crate) idle: usize,

    /// Process ID of a server on this machine, to report its CPU time and
    /// memory
    #[arg(long, value_name = "PID", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) pid: Option<u32>,

    /// Print one JSON object instead of the table
    #[arg(long)]
    pub(crate) json: bool,
}

const AFTER_HELP: &str = "\
By default the loop is closed: a connection sends its next requests when it has
all replies to the previous ones. So a server that stalls gets fewer requests,
and the latencies hide most of the stall. With --rate the loop is open: requests
are due at fixed times. Requests that are due while all connections wait are
sent late, and their latency counts from when they were due. This is the latency
that users see at this rate. An open loop at over 1,000 requests/s keeps a core
busy, to send on time.

Every run sends the same requests. To measure gets, put the samples first:
  metric-bench ADDR:PORT --keys K --samples S --warm-up 0 --requests K*S
  metric-bench ADDR:PORT --keys K --mix get=1

The table goes to standard output. Ctrl-C stops early and prints the results so
far. Exit status: 0 after a measurement, even if requests were refused, which
the table counts; 1 if the server is unreachable or fails; 2 for wrong options.";

impl Options {
    /// How long to send; `None` if a number of requests is set instead.
    pub(crate) fn duration(&self) -> Option<Duration> {
        self.seconds.or_else(|| self.requests.is_none().then_some(DEFAULT_DURATION))
    }

    /// Describes the kind of loop.
    pub(crate) fn pace(&self) -> String {
        let open = |rate| format!("open loop at {rate} requests/s");
        self.rate.map_or_else(|| "closed loop".to_owned(), open)
    }

    #[cfg(test)]
    pub(crate) fn of(options: &[&str]) -> Self {
        Self::parse_from(["metric-bench", "127.0.0.1:1"].iter().chain(options))
    }
}

/// Describes the load, without its pace.
impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, pipeline, mix, keys, .. } = self;
        write!(f, "{mix}, connections {connections}, pipeline {pipeline}, keys {keys}, ")?;
        match self.samples {
            0 => f.write_str("always new samples"),
            samples => write!(f, "samples {samples}"),
        }
    }
}

/// Parses an address and a port, or resolves a name to its first address.
fn address(text: &str) -> Result<SocketAddr, String> {
    let mut addresses = text.to_socket_addrs().map_err(|error| error.to_string())?;
    addresses.next().ok_or_else(|| "the name has no address".to_owned())
}

fn rate(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.001..=1e9).contains(rate));
    rate.ok_or_else(|| "it is not a number from 0.001 to 1e9".to_owned())
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().filter(|seconds| (0.0..=LONGEST).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| format!("it is not from 0 to {LONGEST}"))
}

fn positive(text: &str) -> Result<Duration, String> {
    let seconds = seconds(text)?;
    (!seconds.is_zero()).then_some(seconds).ok_or_else(|| "it must be above 0".to_owned())
}

const DEFAULT_DURATION: Duration = Duration::from_secs(10);

/// A day, in seconds.
const LONGEST: f64 = 86_400.0;

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn a_number_of_requests_takes_as_long_as_it_takes() {
        assert_eq!(Options::of(&[]).duration(), Some(DEFAULT_DURATION));
        assert_eq!(Options::of(&["--requests", "5"]).duration(), None);
        assert_eq!(Options::of(&["--seconds", "0.5"]).duration(), Some(Duration::from_millis(500)));
    }
}
