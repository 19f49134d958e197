//! Runs the conformance suite against a server at an address.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::panic;
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::Parser;
use metric_conformance::{Offer, Options, TcpServer, cases, check_and_observe, reach, tag_of_now};

/// Test a server of the metrics protocol, sentence by sentence
#[derive(Debug, Parser)]
#[command(version, max_term_width = 80, after_help = AFTER_HELP)]
struct Arguments {
    /// Address of the server: host and port
    #[arg(value_name = "ADDR:PORT", required_unless_present = "list")]
    address: Option<String>,

    /// Run only the cases whose name contains this text
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,

    /// Leave out the cases whose name contains this text
    #[arg(long, value_name = "TEXT")]
    except: Option<String>,

    /// Print the names of the cases and run none
    #[arg(long)]
    list: bool,

    /// Shell command that restarts the server, with an empty store
    #[arg(long, value_name = "COMMAND")]
    restart: Option<String>,

    /// Repeat the random cases of an earlier run
    #[arg(long, value_name = "N")]
    seed: Option<u64>,

    /// Begin each connection with a request, and try again if it is reset: for
    /// a server without a backlog
    #[arg(long)]
    no_backlog: bool,

    /// Time for the server to go on with a reply; more for a network that loses
    /// frames
    #[arg(long, value_name = "SECONDS", default_value_t = TcpServer::PATIENCE.as_secs())]
    patience: u64,

    #[command(flatten)]
    offer: Offer,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let selected = arguments.filter.clone().unwrap_or_default();
    let Some(address) = arguments.address.as_deref().filter(|_| !arguments.list) else {
        return list(&selected);
    };
    match reach(address) {
        Ok(address) => judge(&arguments, address),
        Err(error) => {
            eprintln!("metric-conformance: cannot reach {address}: {error}");
            ExitCode::from(2)
        }
    }
}

fn list(selected: &str) -> ExitCode {
    let mut output = io::stdout().lock();
    for case in cases().iter().filter(|case| case.name.contains(selected)) {
        if writeln!(output, "{}", case.name).is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
}

fn judge(arguments: &Arguments, address: SocketAddr) -> ExitCode {
    // A case fails by a panic, which the summary reports.
    panic::set_hook(Box::new(|_| ()));
    let options = arguments.options();
    let mut output = io::stdout();
    let mut print = |text: &str| _ = writeln!(output, "{text}");
    print(&format!("{address}, seed {}", options.seed));
    let mut server = arguments.server(address);
    let summary = check_and_observe(&mut server, &options, |outcome| print(&outcome.to_string()));
    print(&summary.to_string());
    if summary.is_success() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

impl Arguments {
    fn options(&self) -> Options {
        Options {
            filter: self.filter.clone(),
            except: self.except.clone(),
            seed: self.seed.unwrap_or_else(|| fastrand::u64(..)),
            tag: tag_of_now(),
        }
    }

    fn server(&self, address: SocketAddr) -> TcpServer {
        let server = TcpServer::at(address, self.offer).within(Duration::from_secs(self.patience));
        let server = if self.no_backlog { server.without_backlog() } else { server };
        match self.restart.clone() {
            Some(command) => server.restarted_by(move || run(&command).map(|()| address)),
            None => server,
        }
    }
}

fn run(command: &str) -> io::Result<()> {
    let status = Command::new("sh").args(["-c", command]).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("`{command}`: {status}"))) }
}

const AFTER_HELP: &str = "\
Prints a line for each case, then the failures in detail and the count.

The bounds must be those of the server: the cases about bounds test them from both sides, and a \
case that needs more is left out by name. The restart command must return when the server is up \
again; without one, the cases that need an empty server are left out.

Exit status: 0 if nothing failed, 1 if a case failed or none could be run, 2 if the server cannot \
be reached.";
