//! Accepting connections.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

use metric_desktop::{Control, Settings, prepare, retry_accept};
use smol::future::or;
use smol::{Async, Timer};

/// How long to wait after accepting failed for want of something, unless a connection ends.
const PAUSE: Duration = Duration::from_millis(100);

/// Hands over accepted sockets until the server is to stop.
///
/// At the bound of connections new ones wait in the backlog of the system: none is accepted only
/// to be closed.
pub(crate) async fn accept(
    listener: Async<TcpListener>,
    settings: &Settings,
    control: &Control,
    hand_over: impl FnMut(Async<TcpStream>),
) {
    or(control.stopped(), accept_all(listener, settings, control, hand_over)).await;
}

async fn accept_all(
    listener: Async<TcpListener>,
    settings: &Settings,
    control: &Control,
    mut hand_over: impl FnMut(Async<TcpStream>),
) {
    loop {
        control.until_open(settings.max_connections.saturating_sub(1)).await;
        match accept_one(&listener).await {
            Ok(socket) => hand_over(socket),
            Err(error) if retry_accept(&error) => {}
            Err(error) => {
                control.accept_failed(&error);
                pause(control).await;
            }
        }
    }
}

/// Awaits readiness first, so that a wake-up for nothing costs no call of the system.
async fn accept_one(listener: &Async<TcpListener>) -> io::Result<Async<TcpStream>> {
    listener.readable().await?;
    let (socket, peer) = listener.get_ref().accept()?;
    log::debug!("{peer} connected");
    // A socket that cannot be set up is gone already, which serving it will find out.
    let _ = prepare(&socket);
    Async::new(socket)
}

async fn pause(control: &Control) {
    let open = control.traffic().open;
    let one_less = control.until_open(open.saturating_sub(1));
    let time = async {
        Timer::after(PAUSE).await;
    };
    or(one_less, time).await;
}
