//! The server. Connections are tasks on async-std's threads.

use std::io;
use std::net::TcpListener;

use async_io::Async;
use async_std::channel::bounded;
use async_std::future::timeout;
use async_std::task;
use futures_lite::future::or;
use metric_proto::Store;
use metric_tcp::{Accepted, Protocol, ServerHandle, Settings, accept, connection, lines};

use crate::runtime::AsyncStd;
use crate::stream::Stream;

/// Serves listeners with the native protocol until `handle` stops it. Each connection gets a clone
/// of `store`. Otherwise it is like [`serve_connections`].
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

/// Serves listeners, each with its protocol, until `handle` stops it. `connection` returns the
/// future that serves an accepted connection; [`connection`](metric_tcp::connection) creates one
/// from a session.
///
/// When it stops, it answers every request that it has read, within [`Settings::grace`].
/// Connections that take longer are cut and counted. Dropping the future cuts all connections.
/// [`Settings::threads`] is ignored: async-std decides on the number of threads.
///
/// # Panics
///
/// If [`Settings::limits`] allow a line that does not fit the buffers.
///
/// # Errors
///
/// If a listener cannot be registered with the system.
pub async fn serve_connections<P: Protocol, F>(
    listeners: impl IntoIterator<Item = (TcpListener, P)>,
    connection: impl Fn(Accepted<Stream, P>) -> F,
    settings: &Settings,
    handle: &ServerHandle,
) -> io::Result<()>
where
    F: Future<Output: Send> + Send + 'static,
{
    let listeners = listeners.into_iter().map(register).collect::<io::Result<Vec<_>>>()?;
    // Dropping a task's handle does not end it in async-std. Dropping the sender does.
    let (alive, cut) = bounded::<()>(1);
    let spawn = |accepted| {
        let (served, cut) = (connection(accepted), cut.clone());
        let cut = async move {
            let _ = cut.recv().await;
        };
        task::spawn(or(async { drop(served.await) }, cut));
    };
    accept::<AsyncStd, P>(&listeners, settings, handle, spawn).await;
    let _ = timeout(settings.grace, handle.until_closed()).await;
    drop(alive);
    handle.until_closed().await;
    Ok(())
}

/// Creates a listener of async-std. async-std panics if it cannot register one, so this tries
/// first.
fn register<P>(
    (listener, protocol): (TcpListener, P),
) -> io::Result<(async_std::net::TcpListener, P)> {
    Ok((Async::new(listener)?.into_inner()?.into(), protocol))
}
