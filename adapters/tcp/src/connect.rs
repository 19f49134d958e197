//! What a client needs of a runtime.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use embedded_io_async::{ErrorType, Read, Write};
use futures_lite::future::or;

use crate::runtime::Sleep;

/// A runtime of the desktop, as a client sees it: where addresses and connections come from.
// The futures need not be `Send`: a client is used where the runtime is a concrete type.
#[allow(async_fn_in_trait)]
pub trait Connect: Sleep {
    /// A connection. A write is not held back, so that there is nothing to flush.
    type Socket: Read<Error = io::Error> + Write + fmt::Debug;

    /// All addresses of a server that is named as `HOST:PORT`.
    async fn resolve(server: &str) -> io::Result<Vec<SocketAddr>>;

    /// Connects to an address. A socket that waits within a call, as those without a runtime do,
    /// is to wait no longer than `time` in each.
    async fn connect(address: SocketAddr, time: Duration) -> io::Result<Self::Socket>;
}

/// Connects to the first of a server's addresses that lets it, with so much time for each.
pub(crate) async fn connect<T: Connect>(server: &str, time: Duration) -> io::Result<Timed<T>> {
    let mut failure = io::Error::new(ErrorKind::NotFound, "the name stands for no address");
    for address in within::<T, _>(time, T::resolve(server)).await? {
        match within::<T, _>(time, T::connect(address, time)).await {
            Ok(socket) => return Ok(Timed { socket, time }),
            Err(error) => failure = error,
        }
    }
    Err(failure)
}

/// A connection whose reads and writes fail when they have waited for too long.
#[derive(Debug)]
pub struct Timed<T: Connect> {
    socket: T::Socket,
    time: Duration,
}

impl<T: Connect> ErrorType for Timed<T> {
    type Error = io::Error;
}

impl<T: Connect> Read for Timed<T> {
    async fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        within::<T, _>(self.time, self.socket.read(buffer)).await
    }
}

impl<T: Connect> Write for Timed<T> {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        within::<T, _>(self.time, self.socket.write(bytes)).await
    }

    async fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What comes of a future, unless the time is up first.
async fn within<T: Sleep, R>(
    time: Duration,
    future: impl Future<Output = io::Result<R>>,
) -> io::Result<R> {
    let too_late = async {
        T::sleep(time).await;
        Err(io::Error::new(ErrorKind::TimedOut, "the server does not answer in time"))
    };
    or(future, too_late).await
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use futures_lite::future::block_on;
    use futures_lite::io::Cursor;

    use super::*;
    use crate::stream::Socket;

    /// Where time flies, the first port is closed, the second says nothing and others are open.
    #[derive(Debug)]
    struct Fake;

    impl Sleep for Fake {
        async fn sleep(_: Duration) {}
    }

    impl Connect for Fake {
        type Socket = Socket<Cursor<Vec<u8>>>;

        async fn resolve(server: &str) -> io::Result<Vec<SocketAddr>> {
            let ports = server.split(',').filter_map(|port| port.parse().ok());
            Ok(ports.map(|port| SocketAddr::from(([127, 0, 0, 1], port))).collect())
        }

        async fn connect(address: SocketAddr, _: Duration) -> io::Result<Self::Socket> {
            match address.port() {
                1 => Err(ErrorKind::ConnectionRefused.into()),
                2 => pending().await,
                port => Ok(Socket(Cursor::new(vec![port as u8]))),
            }
        }
    }

    /// The port that was connected to.
    fn connected(ports: &str) -> Result<u8, ErrorKind> {
        let connected = block_on(connect::<Fake>(ports, Duration::ZERO));
        connected.map(|timed| timed.socket.0.into_inner()[0]).map_err(|error| error.kind())
    }

    #[test]
    fn the_first_address_that_lets_it_is_connected_to() {
        assert_eq!(connected("1,2,3,4"), Ok(3));
        assert_eq!(connected("4,3"), Ok(4));
        assert_eq!(connected("2,1"), Err(ErrorKind::ConnectionRefused));
        assert_eq!(connected("1,2"), Err(ErrorKind::TimedOut));
        assert_eq!(connected(""), Err(ErrorKind::NotFound));
    }
}
