//! Running a server program.

use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::ExitCode;
use std::slice;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use metric_disk::{Directory, Threads};
use metric_graphite::Graphite;
use metric_prometheus::Prometheus;
use metric_tcp::{ServerHandle, Settings, Speaks};
use metric_web::Web;

use crate::complaint::{complain, ignore_closed, refuse};
use crate::data::open;
use crate::datagrams::{end, receive};
use crate::doors::Doors;
use crate::kept::Kept;
use crate::listen::listen;
use crate::open_files::{DATA_FILES, OTHER_FILES, allow_connections};
use crate::options::Options;
use crate::passed::passed_listeners;
use crate::protocol::Protocol;
use crate::readiness::{say_ready, say_stopping};
use crate::report::{Report, log_start};
use crate::serve::Serve;
use crate::service::{Server, Service};
use crate::signals::{act_on_signals, outlive_file_size_limit};

/// The shortest time between two log lines of the same cause.
const REPORT_PERIOD: Duration = Duration::from_secs(1);

/// The listeners of a server.
type Listeners = Vec<(TcpListener, Protocol)>;

/// Where a server listens.
pub(crate) struct Place {
    pub(crate) address: SocketAddr,
    pub(crate) protocol: Protocol,
}

/// The name and version of a program.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// Its name on the command line.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
}

/// Runs a server program, over a [`MemoryStore`](metric_memory::MemoryStore) or with `--data` over a
/// [`DiskStore`](metric_disk::DiskStore): parses the options, listens, and serves on a thread. SIGINT,
/// SIGTERM and SIGHUP stop it.
///
/// With `check` or `backup` it does that instead.
///
/// The exit code is 0 after a stop by a signal, 1 if the server could not run or not flush, or if a
/// check or a backup found faults, and 2 for wrong options.
pub fn run(program: Program, runtime: &dyn Serve) -> ExitCode {
    let options = match Options::read(program.name, program.version) {
        Ok(options) => options,
        Err(error) => return refuse(error),
    };
    let done = match &options.tool {
        Some(tool) => tool.run(),
        None => start(program, &options, runtime).map(|()| ExitCode::SUCCESS),
    };
    done.unwrap_or_else(|message| {
        complain(&format!("error: {message}"));
        ExitCode::FAILURE
    })
}

fn start(program: Program, options: &Options, runtime: &dyn Serve) -> Result<(), String> {
    let (listeners, settings) = prepare(options)?;
    let (store, close) = match options.data.place() {
        #[cfg(feature = "engine")]
        None if options.engine.is_given() => {
            (Kept::Engine(options.engine.open()?), Box::new(|| Ok(())) as Close)
        }
        None => (Kept::Memory(Box::leak(Box::new(options.store()))), Box::new(|| Ok(())) as Close),
        Some(place) => open_disk(place, options)?,
    };
    serve(program, options, settings, listeners, store, runtime, close)
}

/// Does what comes before the data are opened: begins the log, listens, so that a wrong address is told
/// at once and clients wait, and raises the limit of open files, since each segment is one.
fn prepare(options: &Options) -> Result<(Listeners, Settings), String> {
    outlive_file_size_limit().map_err(|error| format!("cannot catch a signal: {error}"))?;
    env_logger::Builder::new().filter_level(options.log).format_target(false).init();
    let (listeners, mut settings) = (listeners(options)?, options.settings());
    let http = options.http.connections();
    settings.max_exempt = http;
    match options.data.place() {
        // Connections must not take the files that the next put needs.
        Some(_) => {
            let others = DATA_FILES + http;
            settings.max_connections = allow_connections(settings.max_connections, others);
        }
        None => _ = allow_connections(settings.max_connections, OTHER_FILES + http),
    }
    Ok((listeners, settings))
}

/// Ends a store.
type Close = Box<dyn FnOnce() -> Result<(), String>>;

/// Opens a store on a disk and starts its threads.
fn open_disk(place: &Path, options: &Options) -> Result<(Kept, Close), String> {
    let store = open(place, options.disk_settings())?;
    let threads = Threads::start(&store);
    let threads = threads.map_err(|error| format!("cannot start a thread: {error}"))?;
    Ok((Kept::Disk(store), Box::new(|| close(threads))))
}

/// Ends the threads of a store, which flush it. A second signal ends the program meanwhile; what
/// was acknowledged is in the log.
fn close(threads: Threads<Directory>) -> Result<(), String> {
    let began = Instant::now();
    let closed = threads.close();
    let time = began.elapsed();
    if time > REPORT_PERIOD {
        log::info!("writing the last samples took {:.1} s", time.as_secs_f64());
    }
    closed.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => format!("cannot flush: {error}"),
        _ => format!("cannot flush: {error}; the last samples are in the logs"),
    })
}

/// Serves with a store until the server is told to stop. `close` ends the store then.
fn serve(
    program: Program,
    options: &Options,
    settings: Settings,
    listeners: Listeners,
    store: Kept,
    runtime: &dyn Serve,
    close: Close,
) -> Result<(), String> {
    let place = |&(ref listener, protocol): &(TcpListener, _)| {
        listener.local_addr().map(|address| Place { address, protocol })
    };
    let places = listeners.iter().map(place);
    let places = places.collect::<io::Result<Vec<_>>>();
    let places = places.map_err(|error| format!("cannot get the listening address: {error}"))?;
    let doors = Doors::open(program, options.http.unit(), settings.limits, &listeners)?;
    let handle = ServerHandle::default();
    let (sender, events) = channel();
    let signals = act_on_signals(handle.clone(), sender.clone());
    signals.map_err(|error| format!("cannot wait for signals: {error}"))?;
    announce(&places);
    let mut http_settings = options.http.settings(program);
    http_settings.limits = settings.limits;
    let (graphite, sockets) = (Arc::clone(&doors.graphite), Arc::clone(doors.sockets()));
    let server =
        Server { store: store.clone(), handle: handle.clone(), forgotten: Arc::default(), doors };
    let web = Web::new(server, http_settings, runtime.timer());
    let web = Arc::new(web.with(Prometheus::default()).with(Graphite::default()));
    let service = Service::new(settings.clone(), Arc::clone(&web));
    thread::scope(|scope| {
        let receive = |socket| {
            let (graphite, handle, grace) = (&*graphite, &handle, settings.grace);
            let store = store.handle();
            scope.spawn(move || {
                receive(socket, graphite, store, handle, grace);
                Ok(())
            })
        };
        let receivers: Vec<_> = sockets.iter().map(receive).collect();
        let server = scope.spawn(|| {
            let _ended = Ending(sender);
            runtime.serve(listeners, service, &settings, &handle)
        });
        log_start(program, options, &places);
        let mut report = Report::new(web, settings.limits, options);
        watch(&events, &mut report);
        let ended = joined(server);
        handle.stop();
        sockets.iter().for_each(end);
        // What they still store comes before the end of the store.
        let received = receivers.into_iter().map(joined).fold(Ok(()), Result::and);
        let ended = ended.and(received).map_err(|error| format!("cannot serve: {error}"));
        // What is logged of the disk is what the end leaves.
        let closed = close();
        ended.inspect(|()| report.log_end()).and(closed)
    })
}

/// Waits for the end of a thread.
fn joined(thread: ScopedJoinHandle<'_, io::Result<()>>) -> io::Result<()> {
    thread.join().unwrap_or_else(|_| Err(io::Error::other("a thread panicked")))
}

/// Returns the listeners that were passed and those of the options, or those of the default.
fn listeners(options: &Options) -> Result<Listeners, String> {
    let mut native = passed_listeners()?;
    native.extend(listen(&options.places(native.is_empty()), "--listen")?);
    let http = listen(options.http.address().map(slice::from_ref).unwrap_or_default(), "--http")?;
    let native = native.into_iter().map(|listener| (listener, options.http.native()));
    let http = http.into_iter().map(|listener| (listener, Speaks::Http));
    let native = native.chain(http).map(|(listener, speaks)| (listener, Protocol::Native(speaks)));
    Ok(native.chain(options.doors.listen()?).collect())
}

/// Prints the listening addresses, and where the page is, to standard output, which may be closed.
fn announce(places: &[Place]) {
    let listening = |place: &Place| match place.protocol {
        Protocol::Native(Speaks::Native | Speaks::Either) => {
            Some(format!("listening on {}\n", place.address))
        }
        _ => None,
    };
    let others = |place: &Place| match place.protocol {
        Protocol::Native(Speaks::Native) => None,
        Protocol::Native(_) => Some(format!("page at http://{}/\n", reachable(place.address))),
        Protocol::Graphite => Some(format!("Graphite at {}, TCP and UDP\n", place.address)),
        Protocol::Pickle => Some(format!("Graphite's pickles at {}\n", place.address)),
        Protocol::OpenTsdb => Some(format!("OpenTSDB at {}\n", place.address)),
    };
    let lines = places.iter().filter_map(listening).chain(places.iter().filter_map(others));
    let lines = lines.collect::<String>();
    let told = io::stdout().write_all(lines.as_bytes()).and_then(|()| io::stdout().flush());
    if let Err(error) = told.or_else(ignore_closed) {
        log::warn!("cannot write the addresses to the output: {error}");
    }
    let places: Vec<_> = places.iter().map(|place| place.address.to_string()).collect();
    say_ready(&places.join(" and "));
}

/// Returns an address at which a browser on this machine finds a listener.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

/// An event of a running server.
pub(crate) enum Event {
    /// SIGUSR1 asked for the counters.
    Asked,
    /// A signal told the server to stop.
    Stopping,
    /// The server has ended.
    Ended,
}

/// Sends [`Event::Ended`] when it is dropped, even by a panic.
struct Ending(Sender<Event>);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.send(Event::Ended);
    }
}

/// Handles events, and logs refusals, until the server has ended.
fn watch(events: &Receiver<Event>, report: &mut Report) {
    let mut due = Instant::now() + REPORT_PERIOD;
    loop {
        match events.recv_timeout(due.saturating_duration_since(Instant::now())) {
            Ok(Event::Ended) => return,
            Ok(Event::Asked) => report.log_counters(),
            Ok(Event::Stopping) => {
                // First, because the log may block.
                say_stopping();
                log::info!("stopping");
            }
            Err(_) => {
                report.tend();
                report.log_refusals();
                due = Instant::now() + REPORT_PERIOD;
            }
        }
    }
}
