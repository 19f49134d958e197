//! The server, on one thread or on several that share listeners.

use std::io;
use std::net::TcpListener;
use std::pin::pin;
use std::rc::Rc;
use std::thread;

use embedded_io_async::{Read, Write};
use metric_driver::{Readable, Shutdown};
use metric_proto::Store;
use metric_tcp::{
    Accepted, Outcome, Protocol, ServerHandle, Settings, Sleep, accept, connection, lines,
};
use mio::net::TcpStream;
use smol::channel::{Receiver, Sender, TrySendError, unbounded};
use smol::future::{or, yield_now};
use smol::{Async, LocalExecutor};

use crate::polled::{Polled, PolledListener, PolledStream};
use crate::poller::Poller;
use crate::runtime::{Smol, start_timers};
use crate::stream::Stream;

/// Serves listeners with the native protocol in the caller's thread, until `handle` stops it. Each
/// connection gets a clone of `store`. Otherwise it is like [`serve_connections`].
///
/// # Panics
///
/// As [`serve_connections`].
///
/// # Errors
///
/// As [`serve_connections`].
pub async fn serve<S: Store + Clone>(
    listeners: impl IntoIterator<Item = TcpListener>,
    store: S,
    settings: &Settings,
    handle: &ServerHandle,
) -> io::Result<()> {
    let listeners = listeners.into_iter().map(|listener| (listener, ()));
    let native = |accepted| native(accepted, store.clone(), settings);
    serve_connections(listeners, native, settings, handle).await
}

/// Serves listeners, each with its protocol, in the caller's thread, until `handle` stops it.
/// `connection` returns the future that serves an accepted connection;
/// [`connection`](metric_tcp::connection) creates one from a session.
///
/// When it stops, it answers every request that it has read, within [`Settings::grace`].
/// Connections that take longer are cut and counted. Dropping the future cuts all connections.
/// [`Settings::threads`] is ignored.
///
/// # Panics
///
/// If [`Settings::limits`] allow a line that does not fit the buffers.
///
/// # Errors
///
/// If a listener cannot be registered with the system.
pub async fn serve_connections<P: Protocol, F: Future>(
    listeners: impl IntoIterator<Item = (TcpListener, P)>,
    connection: impl Fn(Accepted<Stream, P>) -> F,
    settings: &Settings,
    handle: &ServerHandle,
) -> io::Result<()> {
    let listeners = register(listeners)?;
    let thread = Thread::new(settings, handle);
    let spawn = |accepted| thread.spawn(connection(accepted));
    thread.run(accept::<Smol, P>(&listeners, settings, handle, spawn)).await;
    Ok(())
}

/// Serves listeners with the native protocol on [`Settings::threads`] threads. Otherwise it is like
/// [`run_connections`].
///
/// # Panics
///
/// As [`run_connections`].
///
/// # Errors
///
/// As [`run_connections`].
pub fn run<S: Store + Clone + Send>(
    listeners: impl IntoIterator<Item = TcpListener>,
    store: S,
    settings: &Settings,
    handle: &ServerHandle,
) -> io::Result<()> {
    let listeners = listeners.into_iter().map(|listener| (listener, ()));
    let native = move |accepted| native(accepted, store.clone(), settings);
    run_connections(listeners, native, settings, handle)
}

/// Serves listeners on [`Settings::threads`] threads, including the caller's, until `handle` stops
/// it. It is faster than [`serve_connections`], as the threads ask the system for events themselves.
/// Otherwise it is the same.
///
/// # Panics
///
/// If [`Settings::limits`] allow a line that does not fit the buffers.
///
/// # Errors
///
/// If a listener cannot be registered with the system, or a thread does not start.
pub fn run_connections<P: Protocol + Send, F: Future>(
    listeners: impl IntoIterator<Item = (TcpListener, P)>,
    connection: impl Fn(Accepted<PolledStream, P>) -> F + Clone + Send,
    settings: &Settings,
    handle: &ServerHandle,
) -> io::Result<()> {
    start_timers();
    let poller = Rc::new(Poller::new()?);
    let polled = |(listener, protocol)| Ok((PolledListener::new(listener, &poller)?, protocol));
    let listeners = listeners.into_iter().map(polled).collect::<io::Result<Vec<_>>>()?;
    let thread = Thread::new(settings, handle);
    thread::scope(|scope| {
        let other = |_| {
            let (poller, connection) = (Poller::new()?, connection.clone());
            let (sender, accepted) = unbounded();
            let receive = move || {
                let (poller, thread) = (Rc::new(poller), Thread::new(settings, handle));
                let spawn = |accepted| thread.spawn_polled(accepted, &connection, &poller);
                poller.block_on(thread.receive(accepted, spawn));
            };
            thread::Builder::new().spawn_scoped(scope, receive)?;
            Ok(sender)
        };
        let others = (1..settings.threads).map(other).collect::<io::Result<_>>()?;
        let spawn = |accepted| thread.spawn_polled(accepted, &connection, &poller);
        let spawn = take_turns(others, spawn);
        poller.block_on(thread.run(accept::<Polled, P>(&listeners, settings, handle, spawn)));
        Ok(())
    })
}

/// Serves a connection with the native protocol over a store.
fn native<T, S: Store>(
    accepted: Accepted<T>,
    store: S,
    settings: &Settings,
) -> impl Future + use<T, S>
where
    T: Read<Error = io::Error> + Write + Readable + Shutdown,
{
    let session = lines(settings.limits, store, accepted.guard.share());
    connection::<Smol, _, _, _>(accepted, session, settings)
}

fn register<P>(
    listeners: impl IntoIterator<Item = (TcpListener, P)>,
) -> io::Result<Vec<(Async<TcpListener>, P)>> {
    let listeners = listeners.into_iter();
    listeners.map(|(listener, protocol)| Ok((Async::new(listener)?, protocol))).collect()
}

/// The number of turns of connections between two checks of the listeners. A check costs some 250
/// instructions if there is nothing to accept.
const TURNS: usize = 4;

/// The number of checks before the other tasks of the caller's thread get a turn.
const ROUNDS: usize = 50;

/// Passes connections to this thread, by `spawn`, and to others in turn. The others run until the
/// returned closure is dropped.
fn take_turns<A>(others: Vec<Sender<A>>, mut spawn: impl FnMut(A)) -> impl FnMut(A) {
    let mut turns = (0..=others.len()).cycle();
    move |accepted| {
        let sent = match turns.next().and_then(|turn| others.get(turn)) {
            Some(other) => other.try_send(accepted).map_err(TrySendError::into_inner),
            None => Err(accepted),
        };
        if let Err(accepted) = sent {
            spawn(accepted);
        }
    }
}

/// A thread's share of the connections.
struct Thread<'a> {
    connections: LocalExecutor<'a>,
    settings: &'a Settings,
    handle: &'a ServerHandle,
}

impl<'a> Thread<'a> {
    fn new(settings: &'a Settings, handle: &'a ServerHandle) -> Self {
        Self { connections: LocalExecutor::new(), settings, handle }
    }

    fn spawn(&self, connection: impl Future + 'a) {
        self.connections.spawn(connection).detach();
    }

    /// Spawns a connection whose stream is registered with this thread's poller.
    fn spawn_polled<P, F: Future + 'a>(
        &self,
        accepted: Accepted<TcpStream, P>,
        connection: impl Fn(Accepted<PolledStream, P>) -> F,
        poller: &Rc<Poller>,
    ) {
        let Accepted { stream, peer, protocol, mut guard } = accepted;
        match PolledStream::new(stream, poller) {
            Ok(stream) => self.spawn(connection(Accepted { stream, peer, protocol, guard })),
            Err(error) => {
                log::debug!("the system does not watch the connection of {peer}: {error}");
                guard.end(Outcome::Broken);
            }
        }
    }

    async fn receive<A>(&self, accepted: Receiver<A>, spawn: impl Fn(A)) {
        let spawned = async {
            while let Ok(accepted) = accepted.recv().await {
                spawn(accepted);
            }
        };
        self.run(spawned).await;
    }

    /// Serves while connections are accepted, then until the open ones have ended or the grace is
    /// over.
    async fn run(&self, accepted: impl Future<Output = ()>) {
        self.serve_until(accepted).await;
        let grace = Smol::sleep(self.settings.grace);
        self.serve_until(or(self.handle.until_closed(), grace)).await;
    }

    /// Runs connections until `done`, which is polled after every few turns. The executor's own
    /// `run` polls it after 200 turns while connections are busy, which would delay new ones and a
    /// stop.
    async fn serve_until(&self, done: impl Future<Output = ()>) {
        let mut done = pin!(async {
            done.await;
            true
        });
        loop {
            for _ in 0..ROUNDS {
                if or(done.as_mut(), self.some_turns()).await {
                    return;
                }
            }
            yield_now().await;
        }
    }

    async fn some_turns(&self) -> bool {
        for _ in 0..TURNS {
            self.connections.tick().await;
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::future::poll_fn;
    use std::net::TcpStream;
    use std::task::Poll;

    use metric_proto::FixedStore;
    use metric_tcp::Runtime;
    use smol::block_on;

    use super::*;

    #[test]
    fn busy_connections_let_others_be_accepted() {
        let (settings, handle) = (Settings::default(), ServerHandle::default());
        let (turns, mut looks) = (Cell::new(0), 0);
        let thread = Thread::new(&settings, &handle);
        for _ in 0..10 {
            let busy = async {
                loop {
                    turns.set(turns.get() + 1);
                    yield_now().await;
                }
            };
            thread.connections.spawn(busy).detach();
        }
        let tenth_look = poll_fn(|_| {
            looks += 1;
            if looks < 10 { Poll::Pending } else { Poll::Ready(()) }
        });
        block_on(thread.serve_until(tenth_look));
        assert_eq!(turns.get(), 9 * TURNS);
    }

    #[test]
    fn a_connection_that_owes_nothing_is_not_cut_when_it_ends() {
        let store = RefCell::new(FixedStore::<1, 1, 8>::new());
        let (settings, handle) = (Settings::default(), ServerHandle::default());
        let thread = Thread::new(&settings, &handle);
        let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0)).unwrap();
        let _peer = TcpStream::connect(listener.get_ref().local_addr().unwrap()).unwrap();
        let (stream, peer) = block_on(Smol::accept(&listener)).unwrap();
        let accepted = Accepted { stream, peer, protocol: (), guard: handle.open(peer) };
        thread.spawn(native(accepted, &store, &settings));
        handle.stop();
        // The one turn notices the stop. Then the connection lingers until it is dropped.
        assert!(thread.connections.try_tick());
        assert_eq!(handle.counters().open, 1);
        drop(thread);
        let counters = handle.counters();
        assert_eq!((counters.open, counters.cut), (0, 0));
    }
}
