//! What a client needs from a runtime.

use std::fmt;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::time::Duration;

use embedded_io_async::{ErrorType, Read, Write};
use futures_lite::future::or;

use crate::address::Address;
use crate::race::race;
use crate::runtime::Sleep;

/// A desktop runtime for clients: it resolves names and opens connections.
// The futures need not be `Send`: a client is used where the runtime is a concrete type.
#[allow(async_fn_in_trait)]
pub trait Connect: Sleep {
    /// A connection. It sends what is written at once, so that there is nothing to flush.
    type Socket: Read<Error = io::Error> + Write + fmt::Debug;

    /// Calls [`Address::lookup`] on a thread that may block.
    async fn resolve(server: Address) -> io::Result<Vec<SocketAddr>>;

    /// Connects to an address of `server`, whose name a stream over another needs, as TLS does. If
    /// calls block, as without a runtime, connecting and each read and write must return after
    /// `time`.
    async fn connect(
        server: &Address,
        address: SocketAddr,
        time: Duration,
    ) -> io::Result<Self::Socket>;
}

/// Connects to a server that is named as an [`Address`], within `time`, which is also what each later
/// read or write may take. If the name stands for several addresses, the next is tried when one has
/// failed or said nothing for a quarter of a second.
///
/// # Errors
///
/// - [`InvalidInput`](ErrorKind::InvalidInput) if `server` is not an address or `time` is zero,
/// - [`TimedOut`](ErrorKind::TimedOut) when the time was up,
/// - else any `io::Error` of getaddrinfo(3) or, for the address that failed last, connect(2).
pub async fn connect<T: Connect>(server: &str, time: Duration) -> io::Result<Timed<T>> {
    if time.is_zero() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "the time to connect is zero"));
    }
    let server = server.parse().map_err(|wrong| io::Error::new(ErrorKind::InvalidInput, wrong))?;
    let connected = async { race::<T>(&server, addresses::<T>(&server).await?, time).await };
    within::<T, _>(time, connected).await.map(|socket| Timed { socket, time })
}

async fn addresses<T: Connect>(server: &Address) -> io::Result<Vec<SocketAddr>> {
    match server.literal() {
        Some(address) => Ok(vec![address]),
        None => T::resolve(server.clone()).await,
    }
}

/// A connection whose reads and writes time out.
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

/// Returns the output of a future, or an error after `time`.
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

    use super::*;
    use crate::port::Port;

    /// A runtime whose sleeps end at once. Port 1 is closed, port 2 never answers, others are open.
    #[derive(Debug)]
    struct Fake;

    impl Sleep for Fake {
        async fn sleep(_: Duration) {}
    }

    impl Connect for Fake {
        type Socket = Port;

        async fn resolve(server: Address) -> io::Result<Vec<SocketAddr>> {
            match server.to_string().as_str() {
                "slow:8888" => pending().await,
                "two:8888" => Ok([1, 3].map(|port| ([127, 0, 0, 1], port).into()).into()),
                name => Err(io::Error::new(ErrorKind::NotFound, name)),
            }
        }

        async fn connect(_: &Address, address: SocketAddr, _: Duration) -> io::Result<Port> {
            match address.port() {
                1 => Err(ErrorKind::ConnectionRefused.into()),
                2 => pending().await,
                port => Ok(Port(port)),
            }
        }
    }

    /// Connects within `time`; returns the port.
    fn connected_within(time: Duration, server: &str) -> Result<u16, ErrorKind> {
        let connected = block_on(connect::<Fake>(server, time));
        connected.map(|timed| timed.socket.0).map_err(|error| error.kind())
    }

    #[test]
    fn a_server_is_found_by_an_address_or_a_name_within_its_time() {
        let connected = |server| connected_within(Duration::from_secs(1), server);
        assert_eq!(connected("[::1]:4"), Ok(4));
        assert_eq!(connected("::1"), Ok(8888));
        assert_eq!(connected("two"), Ok(3));
        assert_eq!(connected("::1:8888"), Err(ErrorKind::InvalidInput));
        assert_eq!(connected("unknown"), Err(ErrorKind::NotFound));
        assert_eq!(connected("127.0.0.1:1"), Err(ErrorKind::ConnectionRefused));
        for slow in ["slow", "127.0.0.1:2"] {
            assert_eq!(connected(slow), Err(ErrorKind::TimedOut));
        }
        assert_eq!(connected_within(Duration::ZERO, "[::1]:4"), Err(ErrorKind::InvalidInput));
    }
}
