//! Accepting connections.

use std::io;
use std::time::Duration;

use futures_lite::future::or;

use crate::control::{Control, Open};
use crate::pool::IN;
use crate::runtime::Runtime;
use crate::settings::Settings;

/// How long to wait after accepting failed for want of something, unless a connection ends.
const PAUSE: Duration = Duration::from_millis(100);

/// Hands over accepted sockets until the server is to stop.
///
/// At the bound of connections new ones wait in the backlog of the system: none is accepted only
/// to be closed.
///
/// # Panics
///
/// At the first poll, if [`Settings::limits`] allow a line for which the buffers have no room.
pub async fn accept<R: Runtime>(
    listener: &R::Listener,
    settings: &Settings,
    control: &Control,
    hand_over: impl FnMut(R::Socket, Open),
) {
    assert!(settings.limits.min_input() <= IN, "the buffers are too small for a line");
    or(control.stopped(), accept_all::<R>(listener, settings, control, hand_over)).await;
}

async fn accept_all<R: Runtime>(
    listener: &R::Listener,
    settings: &Settings,
    control: &Control,
    mut hand_over: impl FnMut(R::Socket, Open),
) {
    loop {
        control.until_open(settings.max_connections.saturating_sub(1)).await;
        match R::accept(listener).await {
            Ok(socket) => hand_over(socket, control.open()),
            Err(error) if retry_at_once(&error) => {}
            Err(error) => {
                control.accept_failed(&error);
                or(control.closed(), R::sleep(PAUSE)).await;
            }
        }
    }
}

/// Whether an error was about one connection that was gone before it was accepted. After any
/// other, such as too many open files, a try at once would fail the same way again and again.
fn retry_at_once(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted, WouldBlock};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted | WouldBlock)
}

#[cfg(test)]
mod tests {
    use io::ErrorKind;

    use super::*;

    #[test]
    fn only_what_was_about_one_connection_is_tried_again_at_once() {
        for kind in [ErrorKind::ConnectionAborted, ErrorKind::Interrupted, ErrorKind::WouldBlock] {
            assert!(retry_at_once(&kind.into()), "{kind}");
        }
        let (too_many_files, no_buffers) = (24, 105);
        for number in [too_many_files, no_buffers] {
            assert!(!retry_at_once(&io::Error::from_raw_os_error(number)), "{number}");
        }
    }
}
