//! The setting of an attack: the server, its twin, the witness, and the state before.

use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use super::attack::Attack;
use super::child;
use super::pace::{Pace, Turn};
use super::witness::Witness;
use crate::running::{HANG, Running};
use metric_conformance::{Offer, TcpServer};

/// A server under attack, and what it is compared with.
pub(super) struct Scene {
    pub(super) server: Running,
    twin: Running,
    pub(super) witness: Witness,
    /// The number of files open before the attack.
    files: usize,
    /// The peak of memory before the attack, in KiB.
    memory: u64,
}

/// The set-up of a scene.
pub(super) struct Props<'a> {
    /// The server's options.
    pub(super) options: &'a [&'a str],
    /// The server's limit of open files; if `None`, it is not lowered.
    pub(super) files: Option<u64>,
    /// The number of series stored before the attack.
    pub(super) kept: usize,
}

impl Default for Props<'_> {
    fn default() -> Self {
        Self { options: &[], files: None, kept: 10 }
    }
}

impl Scene {
    pub(super) fn open(program: &Path, props: &Props<'_>) -> Self {
        let server = start(program, props);
        let twin = start(program, props);
        // A leak is fine: there is one scene per test, and the process soon ends.
        let reached = Box::leak(Box::new(TcpServer::at(server.address(), Offer::DESKTOP)));
        let mut witness = Witness::new(reached, props.kept);
        witness.talk();
        let (files, memory) = (server.files(), server.peak_memory());
        Self { server, twin, witness, files, memory }
    }

    pub(super) fn attack(&self, attack: &str, size: u64) -> Attack {
        Attack::launch(attack, self.server.address(), size)
    }

    pub(super) fn pace(&self, attackers: usize, turn: Turn) -> Pace {
        Pace::new(&self.server, &self.twin, attackers, turn)
    }

    /// Measures the pace beside attackers that hold connections. The witness talks in between.
    pub(super) fn pace_beside_the_waiting(&mut self, mut pace: Pace) -> String {
        for _ in 0..ROUNDS {
            pace.measure();
            self.witness.talk();
        }
        pace.check()
    }

    /// Measures the pace until the attack is over. The witness talks in between.
    pub(super) fn pace_during(&mut self, attack: &mut Attack, mut pace: Pace) -> String {
        loop {
            pace.measure();
            self.witness.talk();
            if attack.is_over() {
                return pace.check();
            }
        }
    }

    /// Waits until the server is idle.
    pub(super) fn wait_for_rest(&self) {
        let mut before = None;
        while before.replace(self.server.ticks()) != Some(self.server.ticks()) {
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Returns by how many bytes the peak of memory has grown since before the attack.
    pub(super) fn growth(&self) -> u64 {
        1024 * (self.server.peak_memory() - self.memory)
    }

    /// Waits until the server has no more files open than before the attack.
    pub(super) fn wait_for_files(&self) {
        let since = Instant::now();
        while self.server.files() > self.files {
            let (now, before) = (self.server.files(), self.files);
            assert!(since.elapsed() < HANG, "{now} files are open, {before} were before");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Fails unless everything is as before the attack.
    pub(super) fn close(mut self, told: &str) {
        self.wait_for_files();
        self.witness.talk();
        let steps = self.witness.check_all();
        let outcome = self.server.stop();
        assert_eq!(outcome.status.code(), Some(0), "{}", outcome.log);
        assert!(outcome.log.contains("no connection was cut"), "{}", outcome.log);
        println!("  {told}; {steps} replies to the witness");
    }
}

fn start(program: &Path, props: &Props<'_>) -> Running {
    Running::start_command(guarded(program, props.options, props.files))
}

/// Returns a command that runs the server on a free port of 127.0.0.1 and ends with this process.
fn guarded(program: &Path, options: &[&str], files: Option<u64>) -> Command {
    let mut command = child::command("serve");
    command.arg(files.map_or("all".into(), |files| files.to_string())).arg(program);
    command.args(["--listen", "127.0.0.1:0"]).args(options);
    command
}

/// The number of measurements beside attackers that hold connections: enough for the kernel to move
/// processes between processors.
const ROUNDS: usize = 30;
