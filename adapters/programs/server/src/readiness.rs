//! Telling a service manager that the server is ready, and that it stops: the datagrams of
//! sd_notify(3), which need no library.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::{env, io};

/// Says that the server listens, and where.
pub(crate) fn say_ready(places: &str) {
    say(&format!("READY=1\nSTATUS=listening on {places}\n"));
}

/// Says that the server ends in order.
pub(crate) fn say_stopping() {
    say("STOPPING=1\nSTATUS=stopping\n");
}

/// Does nothing if nobody wants to know (`NOTIFY_SOCKET`).
fn say(state: &str) {
    let Some(name) = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()) else { return };
    if let Err(error) = address(name.as_bytes()).and_then(|address| send(state, &address)) {
        log::warn!("cannot reach NOTIFY_SOCKET: {error}");
    }
}

/// An `@` stands for the zero byte that names without a file begin with, where there are such.
fn address(name: &[u8]) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let [b'@', name @ ..] = name {
        return <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name);
    }
    SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(name))
}

/// Does not wait for whoever reads too slowly: a server that stops must not be kept from it.
fn send(state: &str, address: &SocketAddr) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.send_to_addr(state.as_bytes(), address).map(drop)
}
