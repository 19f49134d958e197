//! Where smol has its sockets and its time.

use std::future::poll_fn;
use std::io;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use metric_tcp::{Address, Connect, Runtime, Sleep, Socket, prepare};
use smol::future::yield_now;
use smol::{Async, Timer};

/// smol, as [`metric_tcp`] sees it.
#[derive(Debug)]
pub struct Smol;

impl Sleep for Smol {
    async fn sleep(duration: Duration) {
        Timer::after(duration).await;
    }
}

impl Runtime for Smol {
    type Listener = Async<TcpListener>;
    type Socket = Socket<Async<TcpStream>>;

    /// Lets the connections that are there have their turns first. Then it takes who waits without
    /// waiting for the system to say so, which it does but once for all.
    async fn accept(listener: &Self::Listener) -> io::Result<(Self::Socket, SocketAddr)> {
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
        // A socket that cannot be set up is gone already, which serving it will find out.
        let _ = prepare(&socket);
        Async::new(socket).map(|socket| (Socket(socket), peer))
    }

    fn readable(socket: &mut Self::Socket) -> impl Future<Output = io::Result<()>> {
        poll_fn(|context| socket.0.poll_readable(context))
    }

    /// A task that only yields would be run many times before smol asks the system for events;
    /// this one waits for such an event.
    fn give_turn(socket: &mut Self::Socket) -> impl Future<Output = io::Result<()>> {
        poll_fn(|context| socket.0.poll_writable(context))
    }

    fn end(socket: &Self::Socket) -> io::Result<()> {
        socket.0.get_ref().shutdown(Shutdown::Write)
    }
}

impl Connect for Smol {
    type Socket = Socket<Async<TcpStream>>;

    async fn resolve(server: Address) -> io::Result<Vec<SocketAddr>> {
        smol::unblock(move || server.lookup()).await
    }

    async fn connect(address: SocketAddr, _: Duration) -> io::Result<Self::Socket> {
        let socket = Async::<TcpStream>::connect(address).await?;
        socket.get_ref().set_nodelay(true)?;
        Ok(Socket(socket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accepted_socket_is_prepared() {
        smol::block_on(async {
            let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0)).unwrap();
            let _peer =
                std::net::TcpStream::connect(listener.get_ref().local_addr().unwrap()).unwrap();
            let (socket, _) = Smol::accept(&listener).await.unwrap();
            assert!(socket.0.get_ref().nodelay().unwrap());
        });
    }
}
