//! The kernel's send buffers of peers that do not read.

use std::fs;
use std::net::SocketAddr;

/// Returns the bytes in the longest send buffer among the connections of a server on this machine.
pub(super) fn longest_queue(server: SocketAddr) -> u64 {
    let table = fs::read_to_string("/proc/net/tcp").expect("Linux lists its sockets");
    let port = format!(":{:04X}", server.port());
    table.lines().filter_map(|line| unsent(line, &port)).max().unwrap_or(0)
}

/// Returns the bytes not yet sent or acknowledged, if the line is a socket of that port.
fn unsent(line: &str, port: &str) -> Option<u64> {
    let mut fields = line.split_whitespace().skip(1);
    let own = fields.next().is_some_and(|local| local.ends_with(port));
    let (queue, _) = fields.nth(2)?.split_once(':')?;
    own.then(|| u64::from_str_radix(queue, 16).ok())?
}
