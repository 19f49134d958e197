//! `metric agent`: measures this machine every few seconds and sends that to the server.
//!
//! ```text
//!   Machine ── rounds ──▶ Outbox ◀── windows ──▶ Sender ◀── puts, replies ──▶ server
//!           collector.rs     │                      │
//!                            └─ counts ─▶ Report ◀──┘ notices
//! ```
//!
//! All of it takes turns in one thread, but for what could hold up the others: measuring, printing
//! and the search for addresses are left to threads of the pool.

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

use std::pin::pin;
use std::time::Duration;

use clap::Args;
use clap::builder::RangedU64ValueParser;
use metric_smol::Client;
use smol::future::or;
use smol::{Timer, Unblock};

use backoff::Backoff;
use collector::Collector;
use keys::Keys;
use machine::Machine;
use outbox::Outbox;
use report::Report;
use schedule::Schedule;
use sender::Sender;

use crate::failure::Failure;
use crate::server::Server;
use crate::signals::{ENDING, Signals};

/// Measures this machine every few seconds and sends the metrics
#[derive(Args, Debug)]
#[command(after_help = AFTER_HELP)]
pub(crate) struct Arguments {
    /// Whole seconds from one round to the next
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=SECONDS_OF_A_DAY))]
    every: u64,

    /// What keys start with [default: this machine's host name]
    #[arg(long, value_name = "NAME", value_parser = host::check)]
    host: Option<String>,

    /// Measure each processor, disk and network interface too
    #[arg(long)]
    per_device: bool,

    /// Samples kept while they cannot be sent; the oldest give way
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    #[arg(value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    queue: usize,

    /// Stop after so many rounds [default: never]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

const SECONDS_OF_A_DAY: u64 = 86_400;

const AFTER_HELP: &str = "\
Each round measures four metrics, with the time in whole seconds since 1970:
  NAME.cpu            load of all processors, percent
  NAME.usage          memory in use, percent
  NAME.disk_usage     space of the local disks that is not available, percent
  NAME.network_usage  received and sent by all interfaces but loopback,
                      bytes per second

With --per-device also the parts that the first, third and fourth are made of:
  NAME.cpu.0          one processor, counted from 0
  NAME.disk_usage./   one disk, by the shortest path that it is mounted at
  NAME.network_usage.eth0
                      one interface
In these names, % and what a key cannot have are written as %25, %20 and so on.
Of each kind the first 256 that are met have series, while the agent runs; more,
or names that are too long, are left out, and a line says so.

While the server is away, samples wait in the queue and the connection is tried
again after 0.5 seconds, then 1, 2, 4 and so on up to 30.

SIGINT and SIGTERM stop it, after up to 2 seconds for sending what is queued; a
second one ends that wait. The exit code is 0 even if samples are left unsent:
the last line on standard error says how many.";

/// A server that restarts is back within the shortest; the longest keeps an outage quiet.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));

/// How long a stop may take for sending what is queued.
const LAST_SEND: Duration = Duration::from_secs(2);

/// How long the end waits for whoever reads the last lines.
const LAST_LINES: Duration = Duration::from_secs(2);

/// Runs until a signal or the last round.
pub(super) async fn run(server: &Server, arguments: Arguments) -> Result<(), Failure> {
    let machine = Machine::new(arguments.per_device)
        .map_err(|error| Failure::failed(format_args!("cannot measure: {error}")))?;
    let signals = Signals::new(&ENDING)?;
    let outbox = Outbox::new(arguments.queue);
    let (report, printing) = Report::new(&server.name, &outbox);

    let host = arguments.host.unwrap_or_else(host::name);
    report.say(format_args!("measuring {host} every {} s", arguments.every));
    let collector = Collector {
        outbox: &outbox,
        machine: Unblock::new(machine),
        keys: Keys::new(host),
        schedule: Schedule::new(arguments.every),
        rounds: arguments.count,
        tell: |metric: &_| report.say_left_out(metric),
    };
    let mut sender = Sender {
        outbox: &outbox,
        connect: async || Client::connect(&server.name, server.timeout).await,
        backoff: BACKOFF,
        tell: |notice| report.say_notice(&notice),
    };
    let signal = async || {
        signals.next().await;
    };
    let stop = or(collector.run(), or(signal(), report.say_losses()));
    let enough = or(signal(), sleep(LAST_SEND));
    send(sender.run(), stop, &outbox, enough).await;
    report.say_end();
    drop(report);
    or(printing, sleep(LAST_LINES)).await;
    Ok(())
}

/// Sends until `stop`, and then what is left, until it is enough.
async fn send(
    sending: impl Future<Output = ()>,
    stop: impl Future<Output = ()>,
    outbox: &Outbox,
    enough: impl Future<Output = ()>,
) {
    let mut sending = pin!(sending);
    or(&mut sending, stop).await;
    outbox.stop();
    or(sending, enough).await;
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
    fn sending_ends_after_a_stop_when_nothing_is_left_or_it_is_enough() {
        let outbox = Outbox::new(1);
        let idle = async { while outbox.wait_for_samples().await {} };
        assert_eq!(block_on(poll_once(send(idle, ready(()), &outbox, pending()))), Some(()));

        let ends = |stop, enough| {
            let when = |now| async move { if now { ready(()).await } else { pending().await } };
            let outbox = Outbox::new(1);
            block_on(poll_once(send(pending(), when(stop), &outbox, when(enough)))).is_some()
        };
        assert!(ends(true, true));
        assert!(!ends(true, false) && !ends(false, true));
    }
}
