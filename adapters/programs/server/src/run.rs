//! A server program from its start to its end.

use std::io::{self, Write};
use std::net::TcpListener;
use std::process::{self, ExitCode};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use metric_memory::MemoryStore;
use metric_tcp::{Control, Settings};
use signal_hook::consts::{SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;

use crate::listen::{allow_connections, listen};
use crate::options::Options;
use crate::report::Report;

/// How often the log may be told of the same cause.
const REPORT_PERIOD: Duration = Duration::from_secs(1);

/// Who a program is.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// Runs a server program: reads the options, listens, and calls `serve` in a thread until it
/// returns, which it is told to do by signals through the [`Control`].
///
/// The exit code is 0 after a stop by a signal, 1 if the server could not run, and 2 for wrong
/// options.
pub fn run<F>(program: Program, serve: F) -> ExitCode
where
    F: FnOnce(Vec<TcpListener>, &'static MemoryStore, &Settings, &Control) -> io::Result<()> + Send,
{
    let options = match Options::read(program.name, program.version) {
        Ok(options) => options,
        Err(error) => return refuse(&error),
    };
    match start(&options, serve) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            complain(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}

/// Shows help in full and what is wrong in a line.
fn refuse(error: &clap::Error) -> ExitCode {
    if !error.use_stderr() {
        let _ = error.print();
        return ExitCode::SUCCESS;
    }
    let text = error.to_string();
    let what: Vec<_> = text.lines().map(str::trim).take_while(|line| !line.is_empty()).collect();
    complain(&format!("{}; --help shows the options", what.join(" ")));
    ExitCode::from(2)
}

/// Whoever started the server may have closed standard error.
fn complain(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

fn start<F>(options: &Options, serve: F) -> Result<(), String>
where
    F: FnOnce(Vec<TcpListener>, &'static MemoryStore, &Settings, &Control) -> io::Result<()> + Send,
{
    env_logger::Builder::new().filter_level(options.log).format_target(false).init();
    let settings = options.settings();
    allow_connections(settings.max_connections);
    let address = options.listen;
    let listening = listen(address).and_then(|listener| {
        let address = listener.local_addr()?;
        Ok((listener, address))
    });
    let (listener, address) = listening.map_err(|error| {
        format!("cannot listen on {address}: {error}; --listen takes another ADDR:PORT")
    })?;
    // There is one as long as the program runs, which lets every runtime share it.
    let store: &'static MemoryStore = Box::leak(Box::new(options.store()));
    let control = Control::default();
    let (sender, events) = channel();
    let signals = act_on_signals(control.clone(), sender.clone());
    signals.map_err(|error| format!("cannot wait for signals: {error}"))?;
    // Whoever started the server may not care to read this.
    let _ = writeln!(io::stdout(), "listening on {address}");
    let ended = thread::scope(|scope| {
        let server = scope.spawn(|| {
            let _ended = Ending(sender);
            serve(vec![listener], store, &settings, &control)
        });
        let mut report = Report::new(store, &control);
        watch(&events, &mut report);
        let ended = server.join().unwrap_or_else(|_| Err(io::Error::other("a thread panicked")));
        ended.inspect(|()| report.log_end())
    });
    ended.map_err(|error| format!("cannot serve {address}: {error}"))
}

/// What happens to a server that runs.
enum Event {
    Signal(i32),
    Ended,
}

/// Says that the server has ended when it is dropped, even by a panic.
struct Ending(Sender<Event>);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Ended);
    }
}

/// Acts on signals in a thread that waits for nothing else: not for whoever reads the log either.
fn act_on_signals(control: Control, sender: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGUSR1])?;
    let act = move || {
        let mut stopping = false;
        for signal in signals.forever() {
            let stops = signal != SIGUSR1;
            if stops && stopping {
                process::exit(1);
            }
            if stops {
                control.stop();
                stopping = true;
            }
            let _ = sender.send(Event::Signal(signal));
        }
    };
    thread::Builder::new().name("signals".to_owned()).spawn(act)?;
    Ok(())
}

/// Logs what there is to say until the server has ended.
fn watch(events: &Receiver<Event>, report: &mut Report<'_>) {
    let mut due = Instant::now() + REPORT_PERIOD;
    loop {
        match events.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(Event::Ended) => return,
            Ok(Event::Signal(SIGUSR1)) => report.log_counters(),
            Ok(Event::Signal(_)) => log::info!("stopping"),
            Err(_) => {
                report.log_refusals();
                due = Instant::now() + REPORT_PERIOD;
            }
        }
    }
}
