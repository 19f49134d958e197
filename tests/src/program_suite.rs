//! The suite for server programs: options, signals, logs, and misbehaving peers.

mod durable;
mod full;
mod keys;
mod log;
mod memory;
mod peers;
mod start;
mod stop;
mod systemd;

use std::path::Path;

use crate::running::Running;
use metric_conformance::{Offer, Options, TcpServer, check};

/// Checks a server program, one promise after the other.
///
/// # Panics
///
/// If the program breaks a promise. The last line printed names it.
pub fn check_program(program: &Path) {
    for (promise, case) in CASES {
        println!("{promise}");
        case(program);
    }
}

/// Runs the conformance suite against a server program, with keys of several lengths, and with samples
/// in files. It is restarted for the cases that need an empty server.
///
/// # Panics
///
/// If the server does not start or does not conform.
pub fn check_program_conforms(program: &Path) {
    let cases = [(255, false), (256, false), (777, false), (1000, false), (255, true)];
    for (key, lasts) in cases {
        let (program, mut running) = (program.to_owned(), None);
        let offer = Offer::desktop(key);
        let server = TcpServer::started_by(offer, move || {
            drop(running.take());
            let (parent, data) = durable::place();
            let data = ["--data", data.to_str().expect("text")];
            let (key, samples) = (offer.key.to_string(), offer.samples.to_string());
            let bounds = ["--max-key", &key, "--max-samples", &samples];
            let options = [&bounds[..], if lasts { &data } else { &[] }].concat();
            let server = Running::start(&program, &options);
            Ok(running.insert((server, parent)).0.address())
        });
        check(&mut server.expect("the server starts"), &Options::default()).assert_passed();
    }
}

type Case = (&'static str, fn(&Path));

const CASES: &[Case] = &[
    ("--help and --version fit 80 columns", start::help_and_version),
    ("help that cannot be written gives one clear line and exit code 1", start::full_output),
    ("a wrong option gives one clear line and exit code 2", start::wrong_options),
    ("an address that cannot be had gives one clear line and exit code 1", start::no_such_address),
    ("a port in use gives one clear line and exit code 1", start::taken_port),
    ("standard output tells the address, and where the page is", start::output),
    ("it listens on each address that it is given", start::several_addresses),
    ("the log says at the start what it is and who can reach it", log::start),
    ("SIGUSR1 logs the counters", log::counters),
    ("a flood of keys ends at --max-memory, and series that are there go on", memory::keys),
    ("a flood of samples takes --max-memory, at the price of the largest series", memory::samples),
    ("at debug the log names each peer, and what it was answered", log::peers),
    ("SIGINT, SIGTERM and SIGHUP end it with exit code 0 and the counters", stop::signals),
    ("a terminal that is closed ends it in order, and nohup keeps it", stop::hang_up),
    ("a log file at the limit of file sizes does not end it", stop::full_log_file),
    ("a peer in the middle of a reply at the stop gets all of it", stop::stop_in_reply),
    ("a peer that does not read is cut after the grace, and counted", stop::stop_with_stuck_peer),
    ("a peer that still sends at the stop loses no reply", stop::stop_with_talker),
    ("a second signal ends it at once", stop::second_signal),
    (
        "who waits for it at NOTIFY_SOCKET hears that it is ready and that it stops",
        systemd::notified,
    ),
    ("it serves the sockets of LISTEN_FDS, and nothing that does not listen", systemd::sockets),
    ("a port can be used again at once", start::same_port),
    ("--log off logs nothing", log::log_off),
    ("an unread log does not block it", log::unread_log),
    ("long replies to fast readers do not starve others", peers::fast_readers),
    ("keys are accepted up to the bound that it is told, and none longer", keys::longest),
    ("the bound of lines follows that of keys", keys::lines),
    ("what is too long is counted, and told once with the way out", keys::refusals),
    ("refusals are logged once per cause and second, with a count", log::refusals),
    ("at the bound of connections new ones wait and none is dropped", peers::connection_bound),
    ("an idle time-out closes silent connections and those that do not read", peers::idle_timeout),
    ("it survives running out of files", peers::no_files),
    ("peers that reset in a reply do not disturb others", peers::resets),
    ("a line without an end takes no memory", peers::endless_line),
    ("peers that never read cost a bounded buffer each and delay nobody", peers::never_reading),
    ("10,000 idle connections take less than 4 KiB each", peers::idle_connections),
    ("several threads serve one store", peers::threads),
    ("without --data the log says that samples end with the server", durable::memory_only),
    ("with --data samples outlive kill -9, a stop, and another number of threads", durable::kept),
    ("a directory has one server at a time; another gets one clear line", durable::one_server),
    ("a directory that cannot be used gives one clear line and exit code 1", durable::no_directory),
    ("with --data a flood of samples ends at --max-memory, and none is lost", durable::samples),
    ("so does a flood of series, which go on even when they take more than that", durable::series),
    ("connections leave files for the data", durable::files),
    ("series that get nothing are forgotten, with and without --data", durable::forgotten),
    ("a stop tells the bytes that it leaves, and ends with 1 if it cannot flush", durable::stopped),
    ("check and backup work on a running and on a stopped server", durable::tools),
    ("on a full disk puts are refused, gets go on, and puts when there is room", full::disk),
    ("so they are at a limit of file sizes, also at the start", full::file_size),
    ("a directory that is removed is noticed, and told at the stop, too", full::vanished),
];

/// The number of samples in a long reply: more than the kernel buffers of a peer that does not read
/// can hold.
const SAMPLES: usize = 300_000;

/// Puts `samples` samples. Returns the reply that lists them.
fn fill(server: &Running, samples: usize) -> String {
    let puts: String = (0..samples).map(|time| format!("put series 0.1 {time}\n")).collect();
    assert_eq!(server.ask(&puts).len(), samples * "ok\n\n".len());
    let lines: String = (0..samples).map(|time| format!("series 0.1 {time}\n")).collect();
    format!("ok\n{lines}\n")
}
