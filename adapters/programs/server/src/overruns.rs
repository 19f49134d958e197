//! How many datagrams the kernel dropped, since they came faster than they were read.

use std::fs::{self, File};
use std::io;
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;

/// The kernel's tables of sockets. Each row ends with the number of dropped datagrams.
const TABLES: [&str; 2] = ["/proc/net/udp", "/proc/net/udp6"];

/// The place of a socket's number in its row.
const NUMBER: usize = 9;

/// Returns how many datagrams the kernel dropped of those for these sockets. Known on Linux only.
pub(crate) fn overruns(sockets: &[UdpSocket]) -> u64 {
    if sockets.is_empty() {
        return 0;
    }
    let numbers: Vec<_> = sockets.iter().flat_map(number).collect();
    let tables = TABLES.map(|table| fs::read_to_string(table).unwrap_or_default());
    tables.iter().flat_map(|table| table.lines()).filter_map(|row| dropped(row, &numbers)).sum()
}

/// Returns the number of a socket in the kernel.
fn number(socket: &UdpSocket) -> io::Result<u64> {
    Ok(File::from(OwnedFd::from(socket.try_clone()?)).metadata()?.ino())
}

/// Returns the last field of the row of one of these sockets.
fn dropped(row: &str, numbers: &[u64]) -> Option<u64> {
    let fields: Vec<_> = row.split_ascii_whitespace().collect();
    let number = fields.get(NUMBER)?.parse().ok()?;
    numbers.contains(&number).then(|| fields.last()?.parse().ok())?
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use socket2::SockRef;

    use super::*;

    #[test]
    fn dropped_datagrams_are_counted() {
        if fs::read_to_string(TABLES[0]).is_err() {
            println!("skipped: no {}", TABLES[0]);
            return;
        }
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        SockRef::from(&socket).set_recv_buffer_size(4096).unwrap();
        let (address, sockets) = (socket.local_addr().unwrap(), [socket]);
        assert_eq!(overruns(&sockets), 0);
        let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        for _ in 0..1_000 {
            sender.send_to(&[0; 100], address).unwrap();
        }
        let [socket] = &sockets;
        socket.set_nonblocking(true).unwrap();
        let mut read = 0;
        while socket.recv(&mut [0; 100]).is_ok() {
            read += 1;
        }
        assert_eq!(overruns(&sockets), 1_000 - read);
        assert!(read < 1_000);
    }
}
