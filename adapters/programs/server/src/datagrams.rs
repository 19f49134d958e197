//! Receiving datagrams of Graphite, on a thread of their own, so that they delay no connection.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, UdpSocket};
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

/// Where a datagram is from that has no address.
const UNKNOWN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);

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
                Ok((_, None)) if handle.is_stopping() => return,
                Ok((length, peer)) => {
                    let peer = peer.unwrap_or(UNKNOWN);
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

/// Receives a datagram. An ended socket has none, and no address, while an empty datagram has one.
fn next(
    socket: &UdpSocket,
    buffer: &mut [u8],
    flags: RecvFlags,
) -> io::Result<(usize, Option<SocketAddr>)> {
    let (length, _, peer) = recvfrom(socket, buffer, flags)?;
    Ok((length, peer.and_then(|peer| SocketAddr::try_from(peer).ok())))
}

fn wait<S: Store>(store: &mut S) -> Result<(), Lost> {
    block_on(poll_fn(|context| store.poll_ready(context)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use metric_graphite::Clock;
    use metric_memory::MemoryStore;
    use metric_proto::Limits;
    use metric_query::TimeUnit;

    #[test]
    fn what_the_kernel_holds_at_the_end_is_stored_also_behind_an_empty_datagram() {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        for datagram in ["", "a 1 2\n", "", "b 1 2\n"] {
            socket.send_to(datagram.as_bytes(), address).unwrap();
        }
        let handle = ServerHandle::default();
        handle.stop();
        end(&socket);
        let clock = Clock::system(TimeUnit::Seconds);
        let door = Door::new(GraphiteLines::new(clock), Limits::WIDEST);
        let store = MemoryStore::new(10, 10);
        receive(&socket, &door, &store, &handle, Duration::from_secs(9));
        assert_eq!((&store).counters().series, 2);
    }
}
