//! Runs the suite between two network namespaces, over a good link and over a bad one. The
//! namespaces have no names, so they end with the processes in them.

use std::ffi::OsStr;
use std::io::{self, BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::{iter, thread};

use libtest_mimic::{Failed, Trial};
use rustix::process::geteuid;

use super::child;
use crate::running::Running;
use metric_conformance::{Case, Offer, Options, TcpServer, cases, check};

/// A link between two hosts, and the command that shows whether this system allows it.
struct Link {
    name: &'static str,
    test: &'static str,
    probe: &'static str,
    quality: Option<&'static str>,
}

const LINKS: [Link; 2] = [
    Link {
        name: "good",
        test: "the suite passes between two hosts",
        probe: "ip link add name here type veth peer name there",
        quality: None,
    },
    Link {
        name: "bad",
        test: "the suite passes between two hosts whose link delays, loses and reorders",
        probe: "ip link set lo up && tc qdisc add dev lo root netem delay 1ms",
        // The delay applies at each end, so a round trip takes 50 ms and more.
        quality: Some("netem delay 25ms 5ms loss 5% reorder 5% 50%"),
    },
];

pub(super) fn trials(program: &'static Path) -> impl Iterator<Item = Trial> {
    LINKS.iter().map(|link| {
        let missing = missing(link);
        let ignored = missing.is_some();
        let kind = missing.map(|why| format!("skipped: {why}"));
        Trial::test(link.test, || check_in_new_network(program, link))
            .with_kind(kind.unwrap_or_default())
            .with_ignored_flag(ignored)
    })
}

/// Returns a command that runs in a new network namespace. That needs root, or a system that lets
/// users create namespaces.
fn in_new_network() -> Command {
    let mut command = Command::new("unshare");
    if !geteuid().is_root() {
        command.arg("--map-root-user");
    }
    command.arg("--net");
    command
}

/// Returns the reason for which this system does not allow the link, if any.
fn missing(link: &Link) -> Option<String> {
    let output = in_new_network().args(["sh", "-c", link.probe]).output();
    let why = match output {
        Err(error) => format!("unshare: {error}"),
        Ok(output) if output.status.success() => return None,
        Ok(output) => String::from_utf8_lossy(&output.stderr).trim().replace('\n', " "),
    };
    Some(if geteuid().is_root() { why } else { format!("{why}; it may need root") })
}

fn check_in_new_network(program: &Path, link: &Link) -> Result<(), Failed> {
    let here = child::command("hosts");
    let mut command = in_new_network();
    command.arg(here.get_program()).args(here.get_args()).arg(program).arg(link.name);
    let passed = command.stdin(Stdio::null()).status()?.success();
    if passed { Ok(()) } else { Err("the suite fails, see above".into()) }
}

const HERE: &str = "10.77.0.1";
const THERE: &str = "10.77.0.2";

/// Creates the other host and the link to it, and runs the suite. This process is already in a
/// network namespace of its own.
pub(super) fn check_from_here(program: &str, link: &str) -> io::Result<()> {
    child::end_with_parent()?;
    let link = LINKS.iter().find(|known| known.name == link).ok_or(io::ErrorKind::NotFound)?;
    let host = Host::start()?;
    let there = There(host.0.id());
    there.link(link)?;
    let failures = check_in_parallel(Path::new(program), there);
    failures.iter().for_each(|failure| println!("{failure}"));
    if failures.is_empty() { Ok(()) } else { Err(io::Error::other("the suite fails")) }
}

/// The first process of the other host. The host ends with it.
struct Host(Child);

/// The body of that process.
pub(super) fn be_there() -> io::Result<()> {
    child::end_with_stdin();
    println!();
    loop {
        thread::park();
    }
}

impl Host {
    fn start() -> io::Result<Self> {
        let there = child::command("host");
        let mut command = in_new_network();
        command.arg(there.get_program()).args(there.get_args());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        BufReader::new(stdout).read_line(&mut String::new())?;
        Ok(Self(child))
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The other host, identified by the process number of its first process.
#[derive(Clone, Copy)]
struct There(u32);

impl There {
    /// Returns a command that runs on that host.
    fn command(self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--target", &self.0.to_string()]).arg(program);
        command
    }

    fn link(self, link: &Link) -> io::Result<()> {
        let ends = format!("link add name wire type veth peer name wire netns {}", self.0);
        run(Command::new("ip"), &ends)?;
        self.set_up(Command::new, HERE, link)?;
        self.set_up(|name| self.command(name), THERE, link)
    }

    /// Sets up one end of the link.
    fn set_up(
        self,
        command: impl Fn(&'static str) -> Command,
        address: &str,
        link: &Link,
    ) -> io::Result<()> {
        run(command("ip"), &format!("address add {address}/24 dev wire"))?;
        run(command("ip"), "link set wire up")?;
        let quality = link.quality.map(|quality| format!("qdisc add dev wire root {quality}"));
        quality.map_or(Ok(()), |quality| run(command("tc"), &quality))
    }

    /// Starts a server there with an idle time-out of a minute.
    fn serve(self, program: &Path) -> io::Result<Running> {
        let serve = child::command("serve");
        let mut command = self.command(serve.get_program());
        command.args(serve.get_args()).arg("all").arg(program);
        command.args(["--listen", &format!("{THERE}:0"), "--idle-timeout", "60"]);
        Ok(Running::start_command(command))
    }
}

fn run(mut command: Command, arguments: &str) -> io::Result<()> {
    let status = command.args(arguments.split(' ')).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(arguments.to_owned())) }
}

/// Runs the cases in parallel, since the link is what takes long. Returns the failures.
fn check_in_parallel(program: &Path, there: There) -> Vec<String> {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let work = || scope.spawn(|| check_some(program, there, &next));
        let workers: Vec<_> = (0..WORKERS).map(|_| work()).collect();
        workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("the thread does not panic"))
            .collect()
    })
}

const WORKERS: usize = 8;

/// Runs one case after the other with a server of its own. Returns the failures.
fn check_some(program: &Path, there: There, next: &AtomicUsize) -> Vec<String> {
    let (program, mut running) = (program.to_owned(), None);
    let server = TcpServer::started_by(Offer::DESKTOP, move || {
        drop(running.take());
        Ok(running.insert(there.serve(&program)?).address())
    });
    let mut server = server.expect("a server starts there");
    let cases = iter::from_fn(|| cases().get(next.fetch_add(1, Relaxed)).copied());
    let check = |case: Case| {
        let options = Options { filter: Some(case.name.into()), ..Options::default() };
        check(&mut server, &options)
    };
    cases
        .map(check)
        .filter(|summary| summary.failures().next().is_some())
        .map(|summary| summary.to_string())
        .collect()
}
