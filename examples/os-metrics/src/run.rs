//! The program from its start to its end.

use std::io;
use std::sync::mpsc::{Receiver, Sender as Events, channel};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::backoff::Backoff;
use crate::collect::Collector;
use crate::connection::connect;
use crate::host;
use crate::machine::Machine;
use crate::options::Options;
use crate::outbox::Outbox;
use crate::report::{Report, say};
use crate::schedule::Schedule;
use crate::sender::{Notice, Sender};

/// How long a server may take for anything before it counts as away.
const PATIENCE: Duration = Duration::from_secs(5);

/// A server that restarts is back within the shortest; the longest keeps an outage quiet.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(30));

/// How often losses may be told of.
const REPORT_PERIOD: Duration = Duration::from_secs(10);

/// How long a stop may take for sending what is queued.
const LAST_SEND: Duration = Duration::from_secs(2);

/// Runs until a signal or the last round; an error is a line for the user.
pub(crate) fn run(options: Options) -> Result<(), String> {
    let host = options.host.unwrap_or_else(host::name);
    let keys = host::keys(&host).map_err(|error| format!("cannot use the name {host}: {error}"))?;
    let machine = Machine::new().map_err(|error| format!("cannot measure: {error}"))?;
    // Leaked because the end of the program does not wait for a thread that hangs.
    let outbox: &'static Outbox = Box::leak(Box::new(Outbox::new(options.queue)));
    let server: &'static str = options.server.leak();
    let (schedule, rounds) = (Schedule::new(options.every), options.count);
    let (events, received) = channel();

    let signals = forward_signals(events.clone());
    signals.map_err(|error| format!("cannot wait for signals: {error}"))?;
    say(format_args!("measuring {host} every {} s", options.every));
    let collector = start("collector", Event::Collected, &events, move |_| {
        Collector { machine, keys, schedule, rounds }.run(outbox);
    });
    let sender = start("sender", Event::Sent, &events, move |events| {
        let connect = || connect(server, PATIENCE);
        let tell = |notice| events.send(Event::Notice(notice)).unwrap_or_default();
        Sender { outbox, connect, backoff: BACKOFF, tell }.run();
    });
    collector.and(sender).map_err(|error| format!("cannot start a thread: {error}"))?;
    watch(&received, outbox, Report::new(server, outbox))
}

/// What happens while the program runs.
enum Event {
    Signal,
    Notice(Notice),
    /// The last round is in the outbox.
    Collected,
    /// All is sent that can be.
    Sent,
    Panicked,
}

/// Says that a thread has ended when it is dropped, even by a panic.
struct Ending {
    events: Events<Event>,
    event: Option<Event>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let event = if thread::panicking() { Some(Event::Panicked) } else { self.event.take() };
        let _ = event.map(|event| self.events.send(event));
    }
}

/// Starts a thread that ends with an event.
fn start<F>(name: &str, end: Event, events: &Events<Event>, work: F) -> io::Result<()>
where
    F: FnOnce(&Events<Event>) + Send + 'static,
{
    let ending = Ending { events: events.clone(), event: Some(end) };
    thread::Builder::new().name(name.to_owned()).spawn(move || work(&ending.events))?;
    Ok(())
}

fn forward_signals(events: Events<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    let forward = move || {
        signals.forever().try_for_each(|_| events.send(Event::Signal).ok());
    };
    thread::Builder::new().name("signals".to_owned()).spawn(forward)?;
    Ok(())
}

/// Prints what there is to say until the end, which it says too.
fn watch(events: &Receiver<Event>, outbox: &Outbox, mut report: Report<'_>) -> Result<(), String> {
    until_stop(events, &mut report)?;
    outbox.stop();
    let drained = drain(events, &report);
    report.say_end();
    drained
}

/// Returns when it is time to stop.
fn until_stop(events: &Receiver<Event>, report: &mut Report<'_>) -> Result<(), String> {
    let mut due = Instant::now() + REPORT_PERIOD;
    loop {
        match events.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(Event::Notice(notice)) => report.say_notice(&notice),
            Ok(Event::Panicked) => return Err(PANICKED.to_owned()),
            Ok(Event::Signal | Event::Collected | Event::Sent) => return Ok(()),
            Err(_) => {
                report.say_losses();
                due = Instant::now() + REPORT_PERIOD;
            }
        }
    }
}

/// Returns when all is sent, when the time for that is up, or at a second signal.
fn drain(events: &Receiver<Event>, report: &Report<'_>) -> Result<(), String> {
    let deadline = Instant::now() + LAST_SEND;
    loop {
        match events.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(Event::Notice(notice)) => report.say_notice(&notice),
            Ok(Event::Panicked) => return Err(PANICKED.to_owned()),
            Ok(Event::Collected) => {}
            Ok(Event::Signal | Event::Sent) | Err(_) => return Ok(()),
        }
    }
}

const PANICKED: &str = "a thread panicked";
