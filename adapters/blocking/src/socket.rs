//! Blocking sockets, in the place of a runtime.

use std::future::pending;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::Duration;

use embedded_io_async::ErrorType;
use metric_tcp::{Connect, Sleep};

/// The caller's thread. Its calls block, so its futures are ready when first polled.
#[derive(Debug)]
pub(crate) struct Thread;

impl Sleep for Thread {
    /// Never wakes up: the sockets have their own time-outs.
    async fn sleep(_: Duration) {
        pending::<()>().await;
    }
}

impl Connect for Thread {
    type Socket = Socket;

    async fn resolve(server: &str) -> io::Result<Vec<SocketAddr>> {
        server.to_socket_addrs().map(Iterator::collect)
    }

    async fn connect(address: SocketAddr, time: Duration) -> io::Result<Socket> {
        let socket = TcpStream::connect_timeout(&address, time)?;
        socket.set_read_timeout(Some(time))?;
        socket.set_write_timeout(Some(time))?;
        socket.set_nodelay(true)?;
        Ok(Socket(socket))
    }
}

/// A blocking socket with time-outs for reads and writes.
#[derive(Debug)]
pub(crate) struct Socket(TcpStream);

impl ErrorType for Socket {
    type Error = io::Error;
}

impl embedded_io_async::Read for Socket {
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        wait(|| self.0.read(buffer))
    }
}

impl embedded_io_async::Write for Socket {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        wait(|| self.0.write(bytes))
    }

    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Retries after signals, and maps the systems' different time-out errors to `TimedOut`.
fn wait(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        return match call() {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == ErrorKind::WouldBlock => Err(ErrorKind::TimedOut.into()),
            done => done,
        };
    }
}
