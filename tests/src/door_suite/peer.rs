//! Programs of others that send samples.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::running::HANG;

/// A running program. Dropping it kills it.
pub(super) struct Peer {
    child: Child,
    name: &'static str,
}

impl Peer {
    /// Starts a program, whose whole output goes to a file; returns `None` if it is not installed.
    pub(super) fn start(name: &'static str, arguments: &[&str], output: &Path) -> Option<Self> {
        let folders = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];
        let paths = folders.map(|folder| Path::new(folder).join(name));
        let Some(path) = paths.iter().find(|path| path.exists()) else {
            println!("  skipped: {name} is not installed");
            return None;
        };
        let output = fs::File::create(output).expect("a file");
        let errors = output.try_clone().expect("the same file");
        let mut command = Command::new(path);
        command.args(arguments).stdin(Stdio::null()).stdout(output).stderr(errors);
        Some(Self { child: command.spawn().expect("the program starts"), name })
    }

    /// Tells it to stop, and waits until it has ended.
    pub(super) fn stop(mut self) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("a process has a number");
        let _ = kill_process(pid, Signal::TERM);
        let since = Instant::now();
        while self.child.try_wait().expect("it is our child").is_none() {
            assert!(since.elapsed() < HANG, "{} does not end", self.name);
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns an address of this machine that was free a moment ago.
pub(super) fn free() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("it has one")
}
