//! The server: connections are tasks of async-std's threads.

use std::io;
use std::net::TcpListener;

use async_io::Async;
use async_std::channel::bounded;
use async_std::future::timeout;
use async_std::task;
use futures_lite::future::or;
use metric_proto::Store;
use metric_tcp::{Accepted, ServerHandle, Settings, accept, connection, lines};

use crate::runtime::AsyncStd;
use crate::stream::Stream;

/// Serves listeners with the native protocol until `handle` says to stop. Each connection has a
/// handle of the store; else as [`serve_connections`].
///
/// # Panics
///
/// As [`serve_connections`].
///
/// # Errors
///
/// As [`serve_connections`].
pub async fn serve<S: Store + Clone + Send + 'static>(
    listeners: impl IntoIterator<Item = TcpListener>,
    store: S,
    settings: &Settings,
    handle: &ServerHandle,
) -> io::Result<()> {
    let listeners = listeners.into_iter().map(|listener| (listener, ()));
    let lines = |accepted: Accepted<_>| {
        let session = lines(settings.limits, store.clone(), accepted.guard.share());
        connection::<AsyncStd, _, _, _>(accepted, session, settings)
    };
    serve_connections(listeners, lines, settings, handle).await
}

/// Serves listeners, each with its protocol, until `handle` says to stop. `connection` is called with
/// each connection that was accepted, and returns the future that serves it;
/// [`connection`](metric_tcp::connection) makes one of a session.
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
pub async fn serve_connections<P: Copy, F>(
    listeners: impl IntoIterator<Item = (TcpListener, P)>,
    connection: impl Fn(Accepted<Stream, P>) -> F,
    settings: &Settings,
    handle: &ServerHandle,
) -> io::Result<()>
where
    F: Future<Output: Send> + Send + 'static,
{
    let listeners = listeners.into_iter().map(register).collect::<io::Result<Vec<_>>>()?;
    // Tasks outlive their handles in async-std; these end with the sender, however this ends.
    let (alive, cut) = bounded::<()>(1);
    let spawn = |accepted| {
        let (served, cut) = (connection(accepted), cut.clone());
        let cut = async move {
            let _ = cut.recv().await;
        };
        task::spawn(or(async { drop(served.await) }, cut));
    };
    accept::<AsyncStd, P>(&listeners, settings, handle, spawn).await;
    let _ = timeout(settings.grace, handle.until_open(0)).await;
    drop(alive);
    handle.until_open(0).await;
    Ok(())
}

/// A listener of async-std, which panics if one cannot be registered: so it is tried first.
fn register<P>(
    (listener, protocol): (TcpListener, P),
) -> io::Result<(async_std::net::TcpListener, P)> {
    Ok((Async::new(listener)?.into_inner()?.into(), protocol))
}
