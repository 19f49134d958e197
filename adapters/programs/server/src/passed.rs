//! Sockets that a service manager has opened for a server, as sd_listen_fds(3) has it.

use std::net::TcpListener;

use listenfd::ListenFd;
use socket2::SockRef;

/// Returns the listeners that this process was started with (`LISTEN_FDS`), most often none.
///
/// # Errors
///
/// A line for people, if something else was passed.
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
