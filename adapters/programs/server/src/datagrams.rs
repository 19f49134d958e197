//! Receiving datagrams of Graphite, on a thread of their own, so that they delay no connection.

use std::future::poll_fn;
use std::io;
use std::net::{Shutdown, SocketAddr, UdpSocket};
use std::thread;
use std::time::{Duration, Instant};

use futures_lite::future::block_on;
use metric_graphite::{Door, GraphiteLines, store_datagram};
use metric_proto::{Lost, Store};
use metric_tcp::ServerHandle;
use rustix::net::{RecvFlags, recvfrom};
use socket2::SockRef;

/// The longest datagram.
const LONGEST: usize = 65_535;

/// How many datagrams are stored together, so that a store that lasts commits them at once.
const TOGETHER: usize = 64;

/// How long to wait after receiving failed, such as for lack of memory.
const PAUSE: Duration = Duration::from_millis(100);

/// Receives datagrams until [`end`] is called and what the kernel holds then is stored, for which it
/// takes `grace` at most.
pub(crate) fn receive(
    socket: &UdpSocket,
    door: &Door<GraphiteLines>,
    mut store: impl Store,
    handle: &ServerHandle,
    grace: Duration,
) {
    let mut buffer = vec![0; LONGEST];
    let mut until = None;
    loop {
        if handle.is_stopping() && Instant::now() > *until.get_or_insert(Instant::now() + grace) {
            return;
        }
        let mut flags = RecvFlags::empty();
        for _ in 0..TOGETHER {
            match next(socket, &mut buffer, flags) {
                Ok((0, _)) if handle.is_stopping() => return,
                Ok((length, peer)) => {
                    store_datagram(door, &mut store, &buffer[..length], peer, wait);
                }
                // None is waiting.
                Err(_) if !flags.is_empty() => break,
                Err(error) => {
                    log::debug!("no datagram is received: {error}");
                    thread::sleep(PAUSE);
                }
            }
            flags = RecvFlags::DONTWAIT;
        }
        if wait(&mut store).is_err() {
            log::warn!("it is unknown what became of datagrams, since the disk fails");
        }
    }
}

/// Ends a socket, so that its thread does.
pub(crate) fn end(socket: &UdpSocket) {
    // It says that there is no connection, but wakes the thread.
    let _ = SockRef::from(socket).shutdown(Shutdown::Read);
}

fn next(
    socket: &UdpSocket,
    buffer: &mut [u8],
    flags: RecvFlags,
) -> io::Result<(usize, SocketAddr)> {
    let (length, _, peer) = recvfrom(socket, buffer, flags)?;
    let peer = peer.and_then(|peer| SocketAddr::try_from(peer).ok());
    // Without an address it is the end.
    Ok((length, peer.unwrap_or_else(|| SocketAddr::from(([0; 4], 0)))))
}

fn wait<S: Store>(store: &mut S) -> Result<(), Lost> {
    block_on(poll_fn(|context| store.poll_ready(context)))
}
