//! The command line.

use clap::Parser;
use clap::builder::RangedU64ValueParser;

use crate::host;

/// Measures this machine and sends the metrics to a server
#[derive(Clone, Debug, Parser)]
#[command(version, max_term_width = 80, after_help = AFTER_HELP)]
pub(crate) struct Options {
    /// The server to send to
    #[arg(value_name = "ADDR:PORT", default_value = "127.0.0.1:8888", value_parser = server)]
    pub(crate) server: String,

    /// Time from one round to the next
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=SECONDS_OF_A_DAY))]
    pub(crate) every: u64,

    /// What keys start with [default: this machine's host name]
    #[arg(long, value_name = "NAME", value_parser = host::check)]
    pub(crate) host: Option<String>,

    /// Samples kept while they cannot be sent; the oldest give way
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    #[arg(value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    pub(crate) queue: usize,

    /// Stop after so many rounds [default: never]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
}

const SECONDS_OF_A_DAY: u64 = 86_400;

const AFTER_HELP: &str = "\
Each round measures four metrics, with the time in whole seconds since 1970:
  NAME.cpu            load of all processors, percent
  NAME.usage          memory in use, percent
  NAME.disk_usage     space of the local disks that is not available, percent
  NAME.network_usage  received and sent by all interfaces but loopback,
                      bytes per second

While the server is away, samples wait in the queue and the connection is tried
again after 0.5 seconds, then 1, 2, 4 and so on up to 30.

SIGINT and SIGTERM stop it, after up to 2 seconds for sending what is queued; a
second one ends that wait. The exit code is 0 even if samples are left unsent:
the last line on standard error says how many.";

impl Options {
    /// Reads the command line; a failure is to be shown by [`clap::Error::print`] or in a line.
    pub(crate) fn read() -> Result<Self, clap::Error> {
        Self::try_parse()
    }
}

/// Checks the form only: the name may get its address later, when the network is up.
fn server(text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port);
    match port.map(str::parse::<u16>) {
        Some(Ok(1..)) => Ok(text.to_owned()),
        Some(_) => Err("the port must be 1 to 65535".to_owned()),
        None => Err("it must be ADDR:PORT, such as 127.0.0.1:8888".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_options_are_consistent() {
        Options::command().debug_assert();
    }

    #[test]
    fn a_server_is_an_address_or_a_name_with_a_port() {
        for text in ["127.0.0.1:8888", "[::1]:8888", "metrics.example.org:1", "localhost:65535"] {
            assert_eq!(server(text).as_deref(), Ok(text));
        }
        for text in ["", "8888", ":8888", "localhost", "localhost:", "localhost:0", "a:65536"] {
            assert!(server(text).is_err(), "{text:?}");
        }
    }
}
