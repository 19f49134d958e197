//! Server programs under attack, over the real sockets of this machine.
//!
//! ```text
//!  a scenario ──▶ Scene ──▶ the server       ◀── Attack: a child process full of attackers
//!                  │  └───▶ its quiet twin, which nobody attacks
//!                  ├─ Witness: talks to the server all the while and compares it with the model
//!                  └─ Pace: how much longer than the twin does the server take to answer?
//! ```
//!
//! No bound is a time of its own: latency is a ratio to the twin's, measured in the same moment on
//! the same machine, and all else is counted. The attackers are processes of their own, since one
//! process has too few files; they have several addresses, since one has too few ports; and they
//! end with the test, however it ends.

mod attack;
mod attackers;
mod child;
mod crowds;
mod floods;
mod hosts;
mod pace;
mod queue;
mod scene;
mod sizes;
mod stop;
mod talkers;
mod visitors;
mod witness;

use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use metric_memory::MemoryStore;
use metric_tcp::{Control, Settings};

/// How a library serves a listener until it is told to stop.
pub type Serve = fn(TcpListener, &'static MemoryStore, &Settings, &Control) -> io::Result<()>;

/// The `main` of a test without a harness: attacks a server program, and the library it is made
/// of, one scenario after the other. The same test program, started again, is the attackers.
pub fn main(program: &'static Path, serve: Serve) -> ExitCode {
    if let Some(orders) = child::orders() {
        return child::obey(&orders);
    }
    let arguments = Arguments { test_threads: Some(1), ..Arguments::from_args() };
    let scenarios =
        SCENARIOS.iter().map(|&(name, scenario)| trial(name, move || scenario(program)));
    let mut trials: Vec<_> = scenarios.collect();
    trials.push(trial(stop::IN_PROCESS, move || stop::in_process(serve)));
    trials.extend(hosts::trials(program));
    libtest_mimic::run(&arguments, trials).exit_code()
}

fn trial(name: &str, scenario: impl FnOnce() + Send + 'static) -> Trial {
    Trial::test(name, || {
        scenario();
        Ok(())
    })
}

type Scenario = (&'static str, fn(&'static Path));

const SCENARIOS: &[Scenario] = &[
    ("10,000 idle connections cost little memory and no time", crowds::idle),
    ("1,000 that send a byte a second and no line end cost the same", crowds::dribble),
    ("200 that never read a long reply cost a bounded buffer each", crowds::deaf),
    ("20,000 connections that are reset anywhere leave nothing behind", visitors::churn),
    (
        "it takes no more time to have no file left, and it serves when some are back",
        visitors::files,
    ),
    ("lines without an end cost no memory and only their turns", floods::endless),
    ("random bytes get one reply for each line end", floods::noise),
    ("a million keys in a full table are refused and counted", floods::keys),
    ("told to stop in the middle of it all, it ends in time, and owes no reply", stop::program),
];
