//! The options of sockets that a server accepts. Clients set their own.

use std::io;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};

/// Detects a dead peer after two minutes: one of silence, and six probes.
const KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(60))
    .with_interval(Duration::from_secs(10))
    .with_retries(6);

/// Sets the options of an accepted socket: replies are sent at once, the kernel buffers little
/// unsent data, and dead peers are detected.
///
/// # Errors
///
/// Any `io::Error` of setsockopt(2). Most likely the connection is gone already.
pub fn prepare<'s>(socket: impl Into<SockRef<'s>>) -> io::Result<()> {
    let socket = socket.into();
    socket.set_tcp_nodelay(true)?;
    // socket2 has it only on these systems. Without it, the kernel buffers megabytes for a peer
    // that does not read.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    socket.set_tcp_notsent_lowat(256 * 1024)?;
    socket.set_tcp_keepalive(&KEEPALIVE)
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_prepared_socket_holds_nothing_back_and_notices_the_dead() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let socket = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        prepare(&socket).unwrap();
        let socket = SockRef::from(&socket);
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        assert_eq!(socket.tcp_notsent_lowat().unwrap(), 256 * 1024);
    }
}
