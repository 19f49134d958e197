//! The server: connections are tasks of async-std's threads.

use std::io;
use std::net::TcpListener;

use async_io::Async;
use async_std::channel::bounded;
use async_std::future::timeout;
use async_std::task;
use futures_lite::future::or;
use metric_driver::{Lines, Session};
use metric_proto::Store;
use metric_tcp::{ConnectionGuard, ServerHandle, Settings, Share, accept, connection};

use crate::runtime::AsyncStd;

/// Serves listeners with the native protocol until `handle` says to stop. Each connection has a
/// handle of the store; else as [`serve_sessions`].
///
/// # Panics
///
/// As [`serve_sessions`].
///
/// # Errors
///
/// As [`serve_sessions`].
pub async fn serve<S: Store + Clone + Send + 'static>(
    listeners: impl IntoIterator<Item = TcpListener>,
    store: S,
    settings: &Settings,
    handle: &ServerHandle,
) -> io::Result<()> {
    let lines = |share: Share| {
        Lines::new(settings.limits, store.clone(), move |tally| share.answered(tally))
    };
    serve_sessions(listeners, lines, settings, handle).await
}

/// Serves listeners until `handle` says to stop, each connection with a session of its own.
///
/// When it stops, every request that was read is answered, within [`Settings::grace`]; connections
/// that take longer are cut and counted. If the future is dropped, all connections are cut. How
/// many threads there are is async-std's affair.
///
/// # Panics
///
/// If [`Settings::limits`] allow a line for which the buffers have no room.
///
/// # Errors
///
/// If a listener cannot be registered with the system.
pub async fn serve_sessions<T: Session + Send + 'static>(
    listeners: impl IntoIterator<Item = TcpListener>,
    session: impl Fn(Share) -> T,
    settings: &Settings,
    handle: &ServerHandle,
) -> io::Result<()> {
    let listeners = listeners.into_iter().map(register).collect::<io::Result<Vec<_>>>()?;
    // Tasks outlive their handles in async-std; these end with the sender, however this ends.
    let (alive, cut) = bounded::<()>(1);
    let hand_over = |socket, open: ConnectionGuard| {
        let session = session(open.share());
        let served = connection::<AsyncStd, _>(socket, open, session, settings);
        let cut = cut.clone();
        let cut = async move {
            let _ = cut.recv().await;
        };
        task::spawn(or(served, cut));
    };
    accept::<AsyncStd>(&listeners, settings, handle, hand_over).await;
    let _ = timeout(settings.grace, handle.until_open(0)).await;
    drop(alive);
    handle.until_open(0).await;
    Ok(())
}

/// A listener of async-std, which panics if one cannot be registered: so it is tried first.
fn register(listener: TcpListener) -> io::Result<async_std::net::TcpListener> {
    Ok(Async::new(listener)?.into_inner()?.into())
}
