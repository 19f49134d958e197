//! The sockets and timers of async-std.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use async_std::net::{TcpListener, TcpStream};
use async_std::task;
use metric_tcp::{Address, Connect, Runtime, Sleep, prepare};

use crate::stream::Stream;

/// async-std, as [`metric_tcp`] sees it.
#[derive(Debug)]
pub struct AsyncStd;

impl Sleep for AsyncStd {
    async fn sleep(duration: Duration) {
        task::sleep(duration.max(SHORTEST)).await;
    }
}

/// A timer whose time is over when it is first polled is ready at once, before the system is asked
/// for events.
const SHORTEST: Duration = Duration::from_micros(10);

impl Runtime for AsyncStd {
    type Listener = TcpListener;
    type Stream = Stream;

    /// Lets open connections have a turn first: accepting does not wait while connections are
    /// pending, so a peer that connects again and again would starve the others.
    async fn accept(listener: &TcpListener) -> io::Result<(Stream, SocketAddr)> {
        task::spawn(async {}).await;
        let (socket, peer) = listener.accept().await?;
        // If this fails, the peer is gone already, and serving it will fail.
        let _ = prepare(&socket);
        Ok((Stream(socket), peer))
    }
}

impl Connect for AsyncStd {
    type Socket = Stream;

    async fn resolve(server: Address) -> io::Result<Vec<SocketAddr>> {
        task::spawn_blocking(move || server.lookup()).await
    }

    async fn connect(_: &Address, address: SocketAddr, _: Duration) -> io::Result<Stream> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Stream(socket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accepted_socket_is_prepared() {
        task::block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let _peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            let (stream, _) = AsyncStd::accept(&listener).await.unwrap();
            assert!(stream.0.nodelay().unwrap());
        });
    }
}
