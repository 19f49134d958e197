//! The one suite for server programs: options, signals, logs, and bad peers.

mod log;
mod peers;
mod start;
mod stop;
mod systemd;

use std::path::Path;

use crate::running::Running;
use crate::{Offer, Options, TcpServer, check};

/// Checks a server program, each promise in turn.
///
/// # Panics
///
/// If the program does not keep one; the last line printed tells which.
pub fn check_program(program: &Path) {
    for (promise, case) in CASES {
        println!("{promise}");
        case(program);
    }
}

/// Runs the conformance suite against a server program, which is started afresh for the cases that
/// need it.
///
/// # Panics
///
/// If the server does not start, or does not conform.
pub fn check_program_conforms(program: &Path) {
    let (program, mut running) = (program.to_owned(), None);
    let server = TcpServer::started_by(Offer::DESKTOP, move || {
        drop(running.take());
        Ok(running.insert(Running::start(&program, &[])).address())
    });
    check(&mut server.expect("the server starts"), &Options::default()).assert_passed();
}

type Case = (&'static str, fn(&Path));

const CASES: &[Case] = &[
    ("--help and --version are for people with 80 columns", start::help_and_version),
    ("a wrong option is one clear line and exit code 2", start::wrong_options),
    ("an address that cannot be had is one clear line and exit code 1", start::no_such_address),
    ("a port that is taken is one clear line and exit code 1", start::taken_port),
    ("the one line on standard output says where it listens", start::output),
    ("it listens at each address that it is given", start::several_addresses),
    ("the log says at the start what it is and who can reach it", log::start),
    ("SIGUSR1 logs the counters", log::counters),
    ("at debug the log names each peer, and what it was answered", log::peers),
    ("SIGINT, SIGTERM and SIGHUP end it with exit code 0 and a last account", stop::signals),
    ("a terminal that is closed ends it in order, and nohup keeps it", stop::hang_up),
    ("who is being answered when it stops gets the whole reply", stop::stop_in_reply),
    ("who does not take the reply is cut in the end, and counted", stop::stop_with_stuck_peer),
    ("who still sends when it stops loses no reply", stop::stop_with_talker),
    ("a second signal ends it at once", stop::second_signal),
    (
        "who waits for it at NOTIFY_SOCKET hears that it is ready and that it stops",
        systemd::notified,
    ),
    ("it serves the sockets of LISTEN_FDS, and nothing that does not listen", systemd::sockets),
    ("a port can be used again at once", start::same_port),
    ("--log off logs nothing", log::log_off),
    ("a log that nobody reads keeps it from nothing", log::unread_log),
    ("long replies to fast readers leave turns to others", peers::fast_readers),
    ("refusals are logged a line per cause and second, with a count", log::refusals),
    ("at the bound of connections new ones wait and none is dropped", peers::connection_bound),
    ("an idle time-out ends silent connections and those that do not read", peers::idle_timeout),
    ("it survives that no file can be opened", peers::no_files),
    ("peers that reset in a reply harm nobody", peers::resets),
    ("a line without an end costs no memory", peers::endless_line),
    ("peers that never read cost a bounded buffer each and nobody's time", peers::never_reading),
    ("10,000 idle connections cost less than 4 KiB each", peers::idle_connections),
    ("several threads serve one store", peers::threads),
];

/// So many that the reply is larger than what the system takes for a peer that does not read.
const SAMPLES: usize = 300_000;

/// Puts so many samples; returns the reply that lists them.
fn fill(server: &Running, samples: usize) -> String {
    let puts: String = (0..samples).map(|time| format!("put series 0.1 {time}\n")).collect();
    assert_eq!(server.ask(&puts).len(), samples * "ok\n\n".len());
    let lines: String = (0..samples).map(|time| format!("series 0.1 {time}\n")).collect();
    format!("ok\n{lines}\n")
}
