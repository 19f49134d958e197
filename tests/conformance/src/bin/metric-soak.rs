//! Loads a server for hours: first thousands of connections, then bursts and idle times.

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
    /// Address of the server: host and port
    #[arg(value_name = "ADDR:PORT")]
    address: String,

    /// Connections to make first, each with a put and a get; 64 at a time, or the bound if lower
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    first: u64,

    /// Minutes of bursts and idle times after that
    #[arg(long, value_name = "N", default_value_t = 60.0)]
    minutes: f64,

    /// Idle time-out of the server in seconds; every fifth pause is longer
    #[arg(long, value_name = "N", default_value_t = 60)]
    idle: u64,

    /// Seed of an earlier run, to repeat its requests against an empty server
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

/// Sends bursts of requests, with pauses between them. Every fifth pause is longer than the server's
/// idle time-out, so that the server closes the connections.
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

/// Prints a line. Errors are ignored: the reader may have closed standard output.
fn print(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

fn message(panic: &PanicHookInfo<'_>) -> String {
    panic.payload_as_str().unwrap_or("failed without a message").into()
}

const AFTER_HELP: &str = "\
Ends at the first reply that differs from the model's, and at the first connection that is not \
served.

The bounds must be those of the server, and the server must be empty, since the clients fill its \
table. There are as many clients as connections, but 64 at most, with at most 8 series each.

Exit status: 0 if nothing failed, 1 if something did, 2 if the server cannot be reached.";

const BURST: Duration = Duration::from_secs(10);
