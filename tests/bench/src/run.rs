//! A benchmark run.

use std::io::{self, Write};
use std::net::TcpStream;
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::connect::{allow_files, await_accepted, connect};
use crate::load::{Load, Measured};
use crate::options::Options;
use crate::pace::Pace;
use crate::process::{Clock, Process};
use crate::progress::Progress;
use crate::report::{Idle, Report, Server, ratio};

/// Generates the load and prints the results.
pub(crate) fn run(options: &Options) -> Result<(), String> {
    let stop = until_signal().map_err(|error| format!("cannot wait for signals: {error}"))?;
    allow_files();
    // First, so that a wrong process ID fails at once.
    options.pid.map(|pid| Process(pid).memory()).transpose()?;
    let (_open, idle) = hold_idle(options)?;
    let mut load = Load::new(options)?;
    warm_up(&mut load, options, &stop)?;
    let report = Report { idle, ..measure(&mut load, options, &stop)? };
    let text = if options.json { report.json() } else { report.to_string() };
    // A closed standard output is not a failure.
    let _ = writeln!(io::stdout(), "{text}");
    Ok(())
}

/// Returns a flag that the first signal sets; the second signal ends the program at once.
fn until_signal() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        flag::register_conditional_shutdown(signal, 1, Arc::clone(&stop))?;
        flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

/// Opens the idle connections, which stay open until dropped.
fn hold_idle(options: &Options) -> Result<(Vec<TcpStream>, Option<Idle>), String> {
    if options.idle == 0 {
        return Ok((Vec::new(), None));
    }
    let memory = || options.pid.map(|pid| Process(pid).memory()).transpose();
    let before = memory()?;
    let open = (0..options.idle).map(|_| connect(options.address)).collect::<Result<_, _>>()?;
    await_accepted(options.address)?;
    let growth = before.zip(memory()?).map(|(before, after)| after as f64 - before as f64);
    let rss_bytes_per_connection = growth.map(|growth| growth / options.idle as f64);
    Ok((open, Some(Idle { connections: options.idle, rss_bytes_per_connection })))
}

fn warm_up(load: &mut Load, options: &Options, stop: &AtomicBool) -> Result<(), String> {
    let pace = Pace::new(Some(options.warm_up), None, options.rate);
    send(load, pace, &Progress::warm_up(options), stop).map(|_| ())
}

fn measure(load: &mut Load, options: &Options, stop: &AtomicBool) -> Result<Report, String> {
    let own = Process(process::id()).clock()?;
    let server = options.pid.map(|pid| Process(pid).clock()).transpose()?;
    let pace = Pace::new(options.duration(), options.requests, options.rate);
    let measured = send(load, pace, &Progress::measuring(options), stop)?;
    Ok(Report {
        ended_early: stop.load(Ordering::Relaxed),
        own_cpu: ratio(own.used()?.as_secs_f64(), measured.time.as_secs_f64()),
        server: server.map(|clock| account(&clock, &measured)).transpose()?,
        ..Report::new(options, &measured)
    })
}

fn account(clock: &Clock, measured: &Measured) -> Result<Server, String> {
    Ok(Server::new(clock.used()?, measured.tally.replies.replies(), clock.process.memory()?))
}

fn send(
    load: &mut Load,
    pace: Pace,
    progress: &Progress,
    stop: &AtomicBool,
) -> Result<Measured, String> {
    load.run(pace, |tally| {
        progress.show(tally.replies.replies());
        !stop.load(Ordering::Relaxed)
    })
}
