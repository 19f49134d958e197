//! Talks to a server for long: thousands of connections, then bursts and idle times for hours.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use metric_conformance::{Offer, Soak, TcpServer, reach, tag_of_now};

/// Compare a server's replies with the model's over many connections and a long time
#[derive(Debug, Parser)]
#[command(version, max_term_width = 80, after_help = AFTER_HELP)]
struct Arguments {
    /// Where the server listens: host and port
    #[arg(value_name = "ADDR:PORT")]
    address: String,

    /// Connections to make first, each with a put and a get, as many at a time as the server offers
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    first: u64,

    /// Minutes of bursts and idle times after that
    #[arg(long, value_name = "N", default_value_t = 60.0)]
    minutes: f64,

    /// Seconds after which the server cuts idle clients; they are then expected to be cut
    #[arg(long, value_name = "N", default_value_t = 60)]
    idle: u64,

    /// Repeat the requests of an earlier run, against a server that is empty
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Begin each connection with a request, and try again if it is reset: for
    /// a server without a backlog
    #[arg(long)]
    no_backlog: bool,

    #[command(flatten)]
    offer: Offer,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match reach(&arguments.address) {
        Ok(address) => soak(&arguments, &arguments.server(address)),
        Err(error) => {
            eprintln!("metric-soak: cannot reach {}: {error}", arguments.address);
            ExitCode::from(2)
        }
    }
}

impl Arguments {
    fn server(&self, address: SocketAddr) -> TcpServer {
        let server = TcpServer::at(address, self.offer);
        if self.no_backlog { server.without_backlog() } else { server }
    }
}

fn soak(arguments: &Arguments, server: &TcpServer) -> ExitCode {
    let seed = arguments.seed.unwrap_or_else(|| fastrand::u64(..));
    print(&format!("seed {seed}"));
    panic::set_hook(Box::new(|panic| eprintln!("metric-soak: {}", message(panic))));
    let run = || {
        let soak = &mut Soak::new(server, seed, &tag_of_now());
        connect(soak, arguments.first);
        burst_and_idle(soak, arguments);
        tell(soak);
    };
    panic::catch_unwind(AssertUnwindSafe(run)).map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

/// Makes connections, each with a put and a get.
fn connect(soak: &mut Soak<'_>, connections: u64) {
    while soak.connections() < connections {
        let before = soak.connections();
        soak.reconnect();
        if before / 1000 < soak.connections() / 1000 {
            tell(soak);
        }
    }
}

/// Asks much for some seconds, then nothing for some seconds, and so on; every fifth time nothing
/// for so long that the server ends the connections.
fn burst_and_idle(soak: &mut Soak<'_>, arguments: &Arguments) {
    let end = Instant::now() + Duration::from_secs_f64(60.0 * arguments.minutes);
    let mut random = fastrand::Rng::new();
    for round in 1.. {
        if Instant::now() >= end {
            return;
        }
        let pause = Instant::now() + BURST;
        while Instant::now() < pause {
            soak.burst();
        }
        tell(soak);
        if round % 5 == 0 {
            thread::sleep(Duration::from_secs(arguments.idle) + BURST);
            soak.reconnect_beside_the_idle();
        } else {
            thread::sleep(Duration::from_secs(arguments.idle).mul_f64(random.f64() / 2.0));
            soak.burst();
            soak.reconnect();
        }
    }
}

fn tell(soak: &Soak<'_>) {
    let (connections, requests) = (soak.connections(), soak.requests());
    print(&format!("{connections} connections served, {requests} replies as they should be"));
}

/// Prints a line; that nobody reads it any more is no reason to end.
fn print(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

fn message(panic: &PanicHookInfo<'_>) -> String {
    panic.payload_as_str().unwrap_or("failed without a message").into()
}

const AFTER_HELP: &str = "\
Ends at the first reply that is not what the model says, and at the first connection that is not \
served.

The bounds have to be those the server was built with, and the server has to be empty: the series \
of the clients fill its table, at most 8 for each client, of which there are as many as connections \
but 64 at most.

Exit status: 0 if all was well, 1 if not, 2 if the server cannot be reached.";

const BURST: Duration = Duration::from_secs(10);
