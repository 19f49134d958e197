//! Attacks server programs over real sockets of this machine.
//!
//! ```text
//!  a scenario ──▶ Scene ──▶ the server       ◀── Attack: a child process with many attackers
//!                  │  └───▶ its twin, which is not attacked
//!                  ├─ Witness: talks to the server meanwhile and compares it with the model
//!                  └─ Pace: the latency of the server as a ratio to that of the twin
//! ```
//!
//! No bound is an absolute time: latency is a ratio to the twin's, measured at the same moment on
//! the same machine, and everything else is counted. Attackers run in child processes, since one
//! process may open too few files. They use several addresses, since one has too few ports. They
//! end with the test, however it ends.

mod attack;
mod attackers;
mod child;
mod crowds;
mod doors;
mod floods;
mod hosts;
mod pace;
mod queue;
mod scene;
mod sizes;
mod stop;
mod talkers;
mod visitors;
mod web;
mod witness;

use std::io;
use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;

use libtest_mimic::{Arguments, Trial};
use metric_memory::MemoryStore;
use metric_tcp::{ServerHandle, Settings};

/// A function of a library that serves a listener until it is stopped.
pub type Serve = fn(TcpListener, &'static MemoryStore, &Settings, &ServerHandle) -> io::Result<()>;

/// The `main` of a test without a harness. It attacks a server program and its library, one
/// scenario after the other. The attackers are the same test program, started again.
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
    ("10,000 idle connections take little memory and no CPU time", crowds::idle),
    ("1,000 peers that send a byte a second without a line end cost the same", crowds::dribble),
    ("200 peers that never read a long reply cost a bounded buffer each", crowds::deaf),
    ("20,000 connections that are reset at any point leave nothing behind", visitors::churn),
    (
        "running out of files takes little CPU time, and the server serves again when some are free",
        visitors::files,
    ),
    ("lines without an end take no memory and only their turns", floods::endless),
    ("random bytes get one reply for each line end", floods::noise),
    ("a million keys in a full table are refused and counted", floods::keys),
    ("10,000 halves of HTTP requests take little memory", web::halves),
    ("256 that ask HTTP for everything and read nothing cost bounded buffers", web::deaf),
    ("256 that read nothing of the news of 900 series cost the same", web::live),
    ("pipelined HTTP requests are answered in turns", web::pipelined),
    ("strange HTTP requests change nothing and delay nobody", web::strange),
    ("random bytes at Graphite's door take no memory and only their turns", doors::noise),
    ("lines without an end at Graphite's door cost the same", doors::endless),
    ("samples that are poured into Graphite's door take only their turns", doors::poured),
    ("a flood of datagrams delays nobody", doors::datagrams),
    ("1,000 peers within a line of Graphite take little memory", doors::dribble),
    ("200 peers within a pickle take bounded memory together", doors::frames),
    ("stopped during all attacks, the server ends in time and owes no reply", stop::program),
];
