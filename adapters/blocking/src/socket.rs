//! Blocking sockets in place of a runtime.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::mpsc::channel;
use std::time::Duration;

use embedded_io_async::ErrorType;
use metric_tcp::{Address, Connect, Sleep};

use crate::beside::beside;

/// The caller's thread as a runtime. Reads and writes block it; connecting uses other threads.
#[derive(Debug)]
pub(crate) struct Thread;

impl Sleep for Thread {
    /// Sleeps on another thread, which ends early if the future is dropped. Reads and writes are
    /// done before this is first polled, so that they start no thread.
    async fn sleep(duration: Duration) {
        let (_dropped, awake) = channel::<()>();
        let _ = beside(move || awake.recv_timeout(duration)).await;
    }
}

impl Connect for Thread {
    type Socket = Socket;

    async fn resolve(server: Address) -> io::Result<Vec<SocketAddr>> {
        beside(move || server.lookup()).await?
    }

    async fn connect(_: &Address, address: SocketAddr, time: Duration) -> io::Result<Socket> {
        let socket = beside(move || TcpStream::connect_timeout(&address, time)).await??;
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;
    use std::time::Instant;

    use futures_lite::future::block_on;
    use metric_tcp::client::Client;

    use super::*;

    /// A runtime that resolves each name to two addresses: one never answers, the other has the
    /// port of the name.
    #[derive(Debug)]
    struct HalfDead;

    const DEAD: u16 = 1;

    impl Sleep for HalfDead {
        async fn sleep(duration: Duration) {
            Thread::sleep(duration).await;
        }
    }

    impl Connect for HalfDead {
        type Socket = Socket;

        async fn resolve(server: Address) -> io::Result<Vec<SocketAddr>> {
            Ok([DEAD, server.port()].map(|port| ([127, 0, 0, 1], port).into()).into())
        }

        async fn connect(
            server: &Address,
            address: SocketAddr,
            time: Duration,
        ) -> io::Result<Socket> {
            if address.port() == DEAD {
                beside(move || thread::sleep(time)).await?;
            }
            Thread::connect(server, address, time).await
        }
    }

    #[test]
    fn an_address_that_says_nothing_does_not_take_the_whole_time() {
        let (time, since) = (Duration::from_secs(60), Instant::now());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = format!("name:{}", listener.local_addr().unwrap().port());
        block_on(Client::<HalfDead>::connect(&server, time)).unwrap();
        assert!(since.elapsed() < time / 2);
        let time = Duration::from_millis(300);
        let late = block_on(Client::<HalfDead>::connect(&format!("name:{DEAD}"), time));
        assert_eq!(late.map(drop).unwrap_err().kind(), ErrorKind::TimedOut);
    }
}
