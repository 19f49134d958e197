//! The test's handle of a child process with attackers.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

use super::child;

/// A running attack. Dropping it kills the attackers.
pub(super) struct Attack {
    child: Child,
    said: BufReader<ChildStdout>,
}

impl Attack {
    /// Starts attackers and waits until they are connected. The meaning of `size` depends on the
    /// attack.
    pub(super) fn launch(name: &str, target: SocketAddr, size: u64) -> Self {
        Self::start(command(name, target, size))
    }

    /// Starts attackers that outlive the server. Their error messages are discarded.
    pub(super) fn launch_to_the_end(name: &str, target: SocketAddr, size: u64) -> Self {
        let mut command = command(name, target, size);
        command.stderr(Stdio::null());
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("a child starts");
        let said = BufReader::new(child.stdout.take().expect("standard output is a pipe"));
        let mut attack = Self { child, said };
        assert!(attack.hear().is_empty());
        attack
    }

    /// Waits for the next line of figures.
    fn hear(&mut self) -> Vec<u64> {
        let mut line = String::new();
        self.said.read_line(&mut line).expect("a line");
        assert!(line.ends_with('\n'), "the attack failed");
        line.split_whitespace().map(|figure| figure.parse().expect("a figure")).collect()
    }

    pub(super) fn is_over(&mut self) -> bool {
        self.child.try_wait().expect("a child of this process").is_some()
    }

    /// Waits for the end of the attack. Returns its figures.
    pub(super) fn result(mut self) -> Vec<u64> {
        let figures = self.hear();
        assert!(self.child.wait().expect("a child of this process").success(), "the attack failed");
        figures
    }

    /// Ends the attack. All its connections are reset.
    pub(super) fn end(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().expect("a child of this process").success(), "the attack failed");
    }
}

fn command(name: &str, target: SocketAddr, size: u64) -> Command {
    let mut command = child::command("attack");
    command.args([name, &target.to_string(), &size.to_string()]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command
}

impl Drop for Attack {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
