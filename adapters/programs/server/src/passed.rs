//! Sockets that a service manager passes to the server, as described in sd_listen_fds(3).

use std::net::TcpListener;

use listenfd::ListenFd;
use socket2::SockRef;

/// Returns the listeners that were passed to this process in `LISTEN_FDS`, mostly none.
///
/// # Errors
///
/// A line for users, if something else was passed.
pub(crate) fn passed_listeners() -> Result<Vec<TcpListener>, String> {
    let mut passed = ListenFd::from_env();
    let all = 0..passed.len();
    let take = |index| match passed.take_tcp_listener(index) {
        Ok(Some(listener)) if SockRef::from(&listener).is_listener().unwrap_or(false) => {
            Ok(listener)
        }
        Ok(_) => Err("cannot use a socket of LISTEN_FDS: it does not listen".to_owned()),
        Err(error) => Err(format!("cannot use a socket of LISTEN_FDS: {error}")),
    };
    all.map(take).collect()
}
