//! The sockets and timers of smol.

use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use metric_tcp::{Address, Connect, Runtime, Sleep, prepare};
use smol::future::{poll_once, yield_now};
use smol::{Async, Timer, block_on};

use crate::stream::Stream;

/// smol, as [`metric_tcp`] sees it.
#[derive(Debug)]
pub struct Smol;

impl Sleep for Smol {
    async fn sleep(duration: Duration) {
        Timer::after(duration.max(SHORTEST)).await;
    }
}

/// Starts smol's timers. They start by themselves, but not if the system has no file for them then.
pub(crate) fn start_timers() {
    block_on(poll_once(Smol::sleep(Duration::ZERO)));
}

/// A timer whose time is over when it is first polled is ready at once, before the system is asked
/// for events.
const SHORTEST: Duration = Duration::from_micros(10);

impl Runtime for Smol {
    type Listener = Async<TcpListener>;
    type Stream = Stream;

    /// Lets open connections have a turn first. Then it tries to accept at once, without an event:
    /// the system reports one event for all waiting connections.
    async fn accept(listener: &Self::Listener) -> io::Result<(Stream, SocketAddr)> {
        yield_now().await;
        let accept = || listener.get_ref().accept();
        let accepted = match accept() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                listener.readable().await?;
                accept()
            }
            accepted => accepted,
        };
        let (socket, peer) = accepted?;
        // If this fails, the peer is gone already, and serving it will fail.
        let _ = prepare(&socket);
        Async::new(socket).map(|socket| (Stream(socket), peer))
    }
}

impl Connect for Smol {
    type Socket = Stream;

    async fn resolve(server: Address) -> io::Result<Vec<SocketAddr>> {
        smol::unblock(move || server.lookup()).await
    }

    async fn connect(_: &Address, address: SocketAddr, _: Duration) -> io::Result<Stream> {
        let socket = Async::<TcpStream>::connect(address).await?;
        socket.get_ref().set_nodelay(true)?;
        Ok(Stream(socket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_of_zero_is_not_over_at_once() {
        // Whoever is kept from its processor in between may see the end.
        let waits = || block_on(poll_once(Smol::sleep(Duration::ZERO)));
        assert!((0..1_000).any(|_| waits().is_none()));
    }

    #[test]
    fn an_accepted_socket_is_prepared() {
        smol::block_on(async {
            let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0)).unwrap();
            let _peer =
                std::net::TcpStream::connect(listener.get_ref().local_addr().unwrap()).unwrap();
            let (stream, _) = Smol::accept(&listener).await.unwrap();
            assert!(stream.0.get_ref().nodelay().unwrap());
        });
    }
}
