//! Getting the listener and the open files that the options ask for.

use std::io;
use std::net::{SocketAddr, TcpListener};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use socket2::{Domain, Socket, Type};

/// Connections that the system holds until they are accepted; what it allows may be less.
const BACKLOG: i32 = 4096;

/// Files that a server has open beside its connections.
const OTHER_FILES: usize = 16;

/// Listens on an address, which a server that was just stopped may have used.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Raises the number of files that may be open to what so many connections take, as far as the
/// system lets; says in the log if that is less.
pub(crate) fn allow_connections(connections: usize) {
    let wanted = connections.saturating_add(OTHER_FILES) as u64;
    let limit = getrlimit(Resource::Nofile);
    let current = limit.maximum.map_or(wanted, |maximum| wanted.min(maximum));
    if limit.current.is_some_and(|allowed| allowed < current) {
        let raised = Rlimit { current: Some(current), ..limit };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            log::warn!("cannot raise the limit of open files: {error}");
        }
    }
    if let Some(allowed) = getrlimit(Resource::Nofile).current.filter(|&allowed| allowed < wanted) {
        let served = allowed.saturating_sub(OTHER_FILES as u64);
        log::warn!("the limit of open files lets about {served} connections be served at once");
    }
}
