//! The server program, with the HTTP API or without it.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;

/// A running server program. Dropping this kills it.
pub(crate) struct Program {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Program {
    /// Starts the program on a free port and waits until it is ready.
    pub(crate) fn start(options: &[&str]) -> Self {
        let mut command = Command::new(program());
        command.args(["--listen", "127.0.0.1:0", "--max-memory", "1G"]).args(options);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut ready = String::new();
        stdout.read_line(&mut ready).unwrap();
        let address = ready.trim_end().strip_prefix("listening on ").unwrap().parse().unwrap();
        thread::spawn(move || stdout.lines().count());
        Self { child, address }
    }

    /// Kills it, which ends its connections.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Cargo builds it as an example of this package, beside the command line.
fn program() -> PathBuf {
    let folder = Path::new(env!("CARGO_BIN_EXE_metric")).parent().unwrap();
    folder.join("examples").join(format!("server{}", std::env::consts::EXE_SUFFIX))
}
