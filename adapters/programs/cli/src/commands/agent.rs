//! `metric agent`: measures this machine every few seconds and sends the samples to the server.
//!
//! ```text
//!   Machine ── rounds ──▶ Outbox ◀── windows ──▶ Sender ◀── puts, replies ──▶ server
//!           collector.rs     │                      │
//!                            └─ counts ─▶ Report ◀──┘ notices
//! ```
//!
//! All tasks share one thread. Calls that may block run on a thread pool: measuring, printing and
//! resolving host names.

mod apart;
mod backoff;
mod collector;
mod host;
mod keys;
mod machine;
mod outbox;
mod queue;
mod report;
mod schedule;
mod sender;

use std::time::Duration;

use clap::Args;
use metric_smol::Client;
use smol::Timer;
use smol::future::or;

use backoff::Backoff;
use collector::Collector;
use keys::Keys;
use machine::Machine;
use outbox::Outbox;
use report::Report;
use schedule::Schedule;
use sender::{Refused, Sender};

use crate::failure::Failure;
use crate::number::whole;
use crate::server::Server;
use crate::signals::{ENDING, Signals};
use crate::time::Unit;

/// Measure this machine every few seconds and send the samples
#[derive(Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// Seconds between two rounds, a whole number
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    #[arg(value_parser = whole(1..=SECONDS_OF_A_DAY))]
    every: u64,

    /// Prefix of all keys [default: this machine's host name]
    #[arg(long, value_name = "NAME", value_parser = host::check)]
    host: Option<String>,

    /// Also measure each processor, disk and network interface
    #[arg(long)]
    per_device: bool,

    /// Samples to keep while the server is away; the oldest are dropped
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    #[arg(value_parser = whole(1..=usize::MAX))]
    queue: usize,

    /// Stop after N rounds [default: never]
    #[arg(long, value_name = "N", value_parser = whole(1..=u64::MAX))]
    count: Option<u64>,
}

const SECONDS_OF_A_DAY: u64 = 86_400;

const AFTER_HELP: &str = "\
Each round measures four metrics. Timestamps are of whole seconds, in the server's unit:
  NAME.cpu            load of all processors, percent
  NAME.usage          memory in use, percent
  NAME.disk_usage     space of the local disks that is not available, percent
  NAME.network_usage  received and sent by the network hardware, bytes per second

--per-device adds the parts of the first, third and fourth metric:
  NAME.cpu.0          one processor, counted from 0
  NAME.disk_usage./   one disk, named by its shortest mount point
  NAME.network_usage.eth0
                      one interface
Device names are percent-encoded: % is %25, a space is %20 and so on. The first
256 devices of each kind get series. Further ones, and names that are too long,
are left out, and a line says so.

A disk or another part of the machine that does not respond costs its own
metrics only. A line says so, and another when it responds again.

While the server is away, samples wait in the queue. The agent connects again
after 0.5 seconds, then 1, 2, 4 and so on up to 30.

SIGINT and SIGTERM stop the agent. It sends queued samples for up to 2 seconds;
a second signal ends that wait. The exit code is 0 even if samples are left
unsent: the last line on standard error says how many.";

/// The pauses between attempts to connect. A restarting server is back within the shortest; the
/// longest limits the load of an outage.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));

/// The longest time that a round waits for a part of the machine that does not respond.
const PATIENCE: Duration = Duration::from_secs(2);

/// The time for sending queued samples after a stop.
const LAST_SEND: Duration = Duration::from_secs(2);

/// The time for printing the last lines, which a reader that does not read can block.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Runs until a signal or the last round.
pub(super) async fn run(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    let machine =
        Machine::new().map_err(|error| Failure::failed(format_args!("cannot measure: {error}")))?;
    let signals = Signals::new(&ENDING)?;
    let outbox = Outbox::new(arguments.queue);
    let (report, printing) = Report::new(&server.name, &outbox);

    let host = arguments.host.unwrap_or_else(host::name);
    report.say(format_args!("measuring {host} every {} s", arguments.every));
    let collector = Collector {
        outbox: &outbox,
        machine,
        keys: Keys::new(host),
        per_device: arguments.per_device,
        schedule: Schedule::new(arguments.every),
        patience: PATIENCE.min(Duration::from_secs(arguments.every) / 2),
        rounds: arguments.count,
        report: &report,
    };
    let mut sender = Sender {
        outbox: &outbox,
        // Boxed, since it is large and needed at an outage only.
        connect: async || Box::pin(connect(server)).await,
        backoff: BACKOFF,
        tell: |notice| report.say_notice(&notice),
    };
    let signal = async || {
        signals.next().await;
    };
    let stop = or(collector.run(), or(signal(), report.say_losses()));
    let enough = or(signal(), sleep(LAST_SEND));
    let sent = send(sender.run(), stop, &outbox, enough).await;
    report.say_end();
    drop(report);
    or(printing, sleep(LAST_LINES)).await;
    sent
}

/// Asks the server for its unit, then connects.
async fn connect(server: &Server) -> Result<(Client, Unit), Refused> {
    server.ask_unit().await.map_err(Refused::Away)?;
    server.check_unit().map_err(Refused::ForGood)?;
    let client = server.connect().await.map_err(Refused::Away)?;
    Ok((client, server.unit()))
}

/// Sends until `stop`, and then queued samples until none is left or `enough` is ready.
async fn send(
    sending: impl Future<Output = Result<(), Failure>>,
    stop: impl Future<Output = ()>,
    outbox: &Outbox,
    enough: impl Future<Output = ()>,
) -> Result<(), Failure> {
    let stopped = async {
        stop.await;
        outbox.stop();
        enough.await;
        Ok(())
    };
    or(stopped, sending).await
}

async fn sleep(time: Duration) {
    Timer::after(time).await;
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use smol::future::{block_on, poll_once};

    use super::*;

    #[test]
    fn sending_ends_after_a_stop_when_the_queue_is_empty_or_time_is_up() {
        let outbox = Outbox::new(1);
        let idle = async {
            while outbox.wait_for_samples().await {}
            Ok(())
        };
        assert!(block_on(poll_once(send(idle, ready(()), &outbox, pending()))).is_some());

        let ends = |stop, enough| {
            let when = |now| async move { if now { ready(()).await } else { pending().await } };
            let outbox = Outbox::new(1);
            block_on(poll_once(send(pending(), when(stop), &outbox, when(enough)))).is_some()
        };
        assert!(ends(true, true));
        assert!(!ends(true, false) && !ends(false, true));
    }
}
