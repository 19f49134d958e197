//! What every accepted socket needs, and which errors of accepting pass by themselves.

use std::io::{self, ErrorKind};
use std::net::TcpStream;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

/// A peer that is gone without a word is found after two minutes: one of silence and six probes.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(60))
    .with_interval(Duration::from_secs(10))
    .with_retries(6);

/// Sets an accepted socket up: replies go out at once, and dead peers are found.
///
/// # Errors
///
/// As the system says; most likely the connection is gone already.
pub fn prepare(socket: &TcpStream) -> io::Result<()> {
    let socket = SockRef::from(socket);
    socket.set_tcp_nodelay(true)?;
    socket.set_tcp_keepalive(&KEEPALIVE)
}

/// Whether accepting may be tried again at once after this error: there was none to accept, or it
/// was gone before it was accepted. After any other, such as too many open files, the next try
/// should wait, or it would fail the same way again and again.
#[must_use]
pub fn retry_accept(error: &io::Error) -> bool {
    use ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, WouldBlock};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted | WouldBlock)
}
