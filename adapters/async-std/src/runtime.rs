//! Where async-std has its sockets and its time.

use std::io;
use std::net::{Shutdown, SocketAddr};
use std::time::Duration;

use async_std::net::{TcpListener, TcpStream};
use async_std::task;
use metric_tcp::{Address, Connect, Runtime, Sleep, Socket, prepare};

/// async-std, as [`metric_tcp`] sees it.
#[derive(Debug)]
pub struct AsyncStd;

impl Sleep for AsyncStd {
    async fn sleep(duration: Duration) {
        task::sleep(duration).await;
    }
}

impl Runtime for AsyncStd {
    type Listener = TcpListener;
    type Socket = Socket<TcpStream>;

    /// Waits behind the connections that are there: while some wait to be accepted, that takes no
    /// waiting, and whoever connects again and again would leave no turns to others.
    async fn accept(listener: &TcpListener) -> io::Result<(Self::Socket, SocketAddr)> {
        task::spawn(async {}).await;
        let (socket, peer) = listener.accept().await?;
        // A socket that cannot be set up is gone already, which serving it will find out.
        let _ = prepare(&socket);
        Ok((Socket(socket), peer))
    }

    /// async-std says that a socket is readable only by reading from it, so this looks at a byte.
    /// While there are bytes that takes no waiting, so others have their turn first: a peer that
    /// sends without a pause would keep the thread to itself.
    async fn readable(socket: &mut Self::Socket) -> io::Result<()> {
        task::yield_now().await;
        socket.0.peek(&mut [0]).await.map(|_| ())
    }

    async fn give_turn(_: &mut Self::Socket) -> io::Result<()> {
        task::yield_now().await;
        Ok(())
    }

    fn end(socket: &Self::Socket) -> io::Result<()> {
        socket.0.shutdown(Shutdown::Write)
    }
}

impl Connect for AsyncStd {
    type Socket = Socket<TcpStream>;

    async fn resolve(server: Address) -> io::Result<Vec<SocketAddr>> {
        task::spawn_blocking(move || server.lookup()).await
    }

    async fn connect(address: SocketAddr, _: Duration) -> io::Result<Self::Socket> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Socket(socket))
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
            let (socket, _) = AsyncStd::accept(&listener).await.unwrap();
            assert!(socket.0.nodelay().unwrap());
        });
    }
}
