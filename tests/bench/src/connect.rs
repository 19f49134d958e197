//! Opens connections.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// A working server answers in less time.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// Connects to the server.
pub(crate) fn connect(address: SocketAddr) -> Result<TcpStream, String> {
    let connect = || {
        let socket = TcpStream::connect_timeout(&address, PATIENCE)?;
        socket.set_nodelay(true)?;
        Ok(socket)
    };
    connect().map_err(|error| format!("cannot connect to {address}: {error}; {}", advice(&error)))
}

/// Waits until the server has accepted all connections opened so far.
pub(crate) fn await_accepted(address: SocketAddr) -> Result<(), String> {
    let mut socket = connect(address)?;
    let mut ask = || {
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.write_all(b"get -\n")?;
        socket.read_exact(&mut [0; b"ok\n\n".len()])
    };
    ask().map_err(|error| match error.kind() {
        io::ErrorKind::WouldBlock => {
            format!("no reply for {} s beside the idle connections; try fewer", PATIENCE.as_secs())
        }
        _ => format!("a connection broke beside the idle ones: {error}; try fewer"),
    })
}

/// Raises RLIMIT_NOFILE to its maximum.
pub(crate) fn allow_files() {
    let limit = getrlimit(Resource::Nofile);
    // If this fails, the first connection over the limit fails with a clear error.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

fn advice(error: &io::Error) -> &'static str {
    match (error.kind(), error.raw_os_error()) {
        (io::ErrorKind::ConnectionRefused, _) => "is the server running there?",
        (io::ErrorKind::TimedOut, _) => "is it running, and does it allow that many connections?",
        (io::ErrorKind::AddrNotAvailable, _) => "try fewer --connections",
        (_, Some(code)) if code == Errno::MFILE.raw_os_error() => {
            "raise `ulimit -n` or try fewer --connections"
        }
        _ => "is this the server's address?",
    }
}
