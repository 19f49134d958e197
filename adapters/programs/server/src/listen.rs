//! Listening on the addresses of the options.

use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, UdpSocket};

use metric_tcp::Address;
use rustix::io::Errno;
use socket2::{Domain, SockRef, Socket, Type};

/// The maximum number of connections that the kernel holds until they are accepted. Its own limit
/// may be lower.
const BACKLOG: i32 = 4096;

/// How many bytes of datagrams the kernel may hold until they are read.
const DATAGRAMS: usize = 4 << 20;

/// Listens on all addresses of the names that an option gave, on each once.
///
/// # Errors
///
/// A line for users.
pub(crate) fn listen(names: &[Address], option: &str) -> Result<Vec<TcpListener>, String> {
    let found =
        names.iter().map(|name| name.lookup().map_err(|error| refusal(name, option, &error)));
    let found = found.collect::<Result<Vec<_>, _>>()?;
    let all = found.concat();
    let (mut listeners, mut taken) = (Vec::new(), Vec::new());
    for (name, mut addresses) in names.iter().zip(found) {
        addresses.retain(|address| address.port() == 0 || !taken.contains(address));
        taken.extend(&addresses);
        let opened = open_all(addresses, &all);
        listeners.extend(opened.map_err(|error| refusal(name, option, &error))?);
    }
    Ok(listeners)
}

/// Opens a socket for datagrams at the address of a listener.
///
/// # Errors
///
/// A line for users.
pub(crate) fn listen_udp(listener: &TcpListener, option: &str) -> Result<UdpSocket, String> {
    let open = |address: SocketAddr| {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, None)?;
        if address.is_ipv6() {
            socket.set_only_v6(SockRef::from(listener).only_v6()?)?;
        }
        // The kernel may allow less.
        let _ = socket.set_recv_buffer_size(DATAGRAMS);
        socket.bind(&address.into())?;
        Ok(UdpSocket::from(socket))
    };
    let opened = listener.local_addr().and_then(|address| {
        open(address)
            .map_err(|error: io::Error| io::Error::new(error.kind(), format!("{address}: {error}")))
    });
    opened.map_err(|error| {
        format!("cannot receive datagrams at {error}; use {option} HOST:PORT for another address")
    })
}

fn refusal(name: &Address, option: &str, error: &io::Error) -> String {
    format!("cannot listen on {name}: {error}; use {option} HOST:PORT for another address")
}

/// Listens on the addresses of one name. For port 0 all get the same free port. Addresses that the
/// machine lacks are skipped: `localhost` is often `::1` too, even without IPv6.
fn open_all(addresses: Vec<SocketAddr>, all: &[SocketAddr]) -> io::Result<Vec<TcpListener>> {
    let (mut listeners, mut missing) = (Vec::<TcpListener>::new(), None);
    let is_one = addresses.len() == 1;
    for address in addresses {
        let port = match (address.port(), listeners.first()) {
            (0, Some(first)) => first.local_addr()?.port(),
            (port, _) => port,
        };
        match open(address, port, all) {
            Ok(listener) => listeners.push(listener),
            Err(error) if is_missing(&error) => missing = Some((address, error)),
            Err(error) if is_one => return Err(error),
            Err(error) => {
                return Err(io::Error::new(error.kind(), format!("{address}: {error}")));
            }
        }
    }
    match missing {
        Some((_, error)) if listeners.is_empty() => return Err(error),
        Some((address, error)) => log::warn!("not listening on {address}: {error}"),
        None => {}
    }
    Ok(listeners)
}

/// Listens on an address at a port, even if a server that used it has just stopped.
fn open(mut address: SocketAddr, port: u16, all: &[SocketAddr]) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    // `[::]` also accepts IPv4 connections, unless there is an IPv4 listener.
    let is_rival = |other: &SocketAddr| other.is_ipv4() && other.port() == address.port();
    if address.is_ipv6() && all.iter().any(is_rival) {
        socket.set_only_v6(true)?;
    }
    address.set_port(port);
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Whether this machine lacks the address or its address family.
fn is_missing(error: &io::Error) -> bool {
    error.kind() == ErrorKind::AddrNotAvailable
        || Errno::from_io_error(error) == Some(Errno::AFNOSUPPORT)
}

#[cfg(test)]
mod tests {
    use std::net::TcpStream;

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    /// Opens listeners; returns them with their addresses, or `None` without IPv6.
    fn open_at(texts: &[&str]) -> Option<(Vec<TcpListener>, Vec<SocketAddr>)> {
        TcpListener::bind("[::1]:0").ok()?;
        let all = addresses(texts);
        let listeners = open_all(all.clone(), &all).unwrap();
        let places = listeners.iter().map(|listener| listener.local_addr().unwrap()).collect();
        Some((listeners, places))
    }

    #[test]
    fn a_name_is_listened_on_at_all_its_addresses_with_one_port() {
        let names = [&["127.0.0.1:0", "[::1]:0", "127.0.0.2:0"][..], &["0.0.0.0:0", "[::]:0"]];
        for texts in names {
            let Some((listeners, places)) = open_at(texts) else { return };
            assert_eq!(listeners.len(), texts.len());
            for (place, text) in places.iter().zip(texts) {
                assert_eq!(place.port(), places[0].port());
                assert_eq!(place.ip(), text.parse::<SocketAddr>().unwrap().ip());
                TcpStream::connect(place).unwrap();
            }
        }
    }

    #[test]
    fn an_address_that_the_machine_lacks_is_left_out_unless_it_is_the_only_one() {
        // The address is reserved for documentation, so no machine has it.
        let (missing, there) = ("203.0.113.1:0", "127.0.0.1:0");
        for texts in [[missing, there], [there, missing]] {
            let all = addresses(&texts);
            assert_eq!(open_all(all.clone(), &all).unwrap().len(), 1);
        }
        assert!(open_all(addresses(&[missing]), &[]).is_err());
    }

    #[test]
    fn a_port_that_is_taken_at_one_address_of_a_name_is_an_error() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        let all = addresses(&[&format!("127.0.0.2:{port}"), &format!("127.0.0.1:{port}")]);
        let error = open_all(all.clone(), &all).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AddrInUse);
        assert!(error.to_string().starts_with(&format!("127.0.0.1:{port}: ")), "{error}");
    }

    #[test]
    fn an_address_that_is_named_twice_is_listened_on_once() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let names = [&free, &free].map(|name| name.parse().unwrap());
        assert_eq!(listen(&names, "--listen").unwrap().len(), 1);
    }
}
