//! Tells a service manager that the server is ready or stops, by the datagrams of sd_notify(3),
//! which need no library.

use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::{env, io};

/// Tells that the server listens on `places`.
pub(crate) fn say_ready(places: &str) {
    say(&format!("READY=1\nSTATUS=listening on {places}\n"));
}

/// Tells that the server shuts down.
pub(crate) fn say_stopping() {
    say("STOPPING=1\nSTATUS=stopping\n");
}

/// Sends a state to `NOTIFY_SOCKET`, if that is set.
fn say(state: &str) {
    let Some(name) = env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty()) else { return };
    if let Err(error) = address(name.as_bytes()).and_then(|address| send(state, &address)) {
        log::warn!("cannot reach NOTIFY_SOCKET: {error}");
    }
}

/// Parses the address of a socket. On Linux an `@` at the front stands for the zero byte of an
/// abstract name.
fn address(name: &[u8]) -> io::Result<SocketAddr> {
    #[cfg(target_os = "linux")]
    if let [b'@', name @ ..] = name {
        return <SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(name);
    }
    SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(name))
}

/// Sends without blocking: a slow service manager must not delay a stop.
fn send(state: &str, address: &SocketAddr) -> io::Result<()> {
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket.send_to_addr(state.as_bytes(), address).map(drop)
}
