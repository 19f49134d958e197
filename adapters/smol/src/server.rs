//! The server: one thread, or several that share listeners.

use std::io;
use std::net::TcpListener;
use std::pin::pin;
use std::thread;

use metric_driver::{Lines, Session};
use metric_proto::Store;
use metric_tcp::{
    ConnectionGuard, Runtime, ServerHandle, Settings, Share, Sleep, accept, connection,
};
use smol::channel::{Receiver, Sender, TrySendError, unbounded};
use smol::future::{or, yield_now};
use smol::{Async, LocalExecutor, block_on};

use crate::runtime::Smol;

/// Serves listeners with the native protocol, within the caller's thread, until `handle` says to
/// stop. Each connection has a handle of the store; else as [`serve_sessions`].
///
/// # Panics
///
/// As [`serve_sessions`].
///
/// # Errors
///
/// As [`serve_sessions`].
pub async fn serve<S: Store + Clone>(
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

/// Serves a listener within the caller's thread until `handle` says to stop, each connection with
/// a session of its own.
///
/// When it stops, every request that was read is
/// answered, within [`Settings::grace`]; connections that take longer are cut and counted. If the
/// future is dropped, all connections are cut. [`Settings::threads`] does not matter here.
///
/// # Panics
///
/// If [`Settings::limits`] allow a line for which the buffers have no room.
///
/// # Errors
///
/// If a listener cannot be registered with the system.
pub async fn serve_sessions<T: Session>(
    listeners: impl IntoIterator<Item = TcpListener>,
    session: impl Fn(Share) -> T,
    settings: &Settings,
    handle: &ServerHandle,
) -> io::Result<()> {
    let listeners = register(listeners)?;
    let thread = Thread::new(session, settings, handle);
    let hand_over = |socket, open| thread.spawn(socket, open);
    thread.run(accept::<Smol>(&listeners, settings, handle, hand_over)).await;
    Ok(())
}

/// Serves listeners with the native protocol and [`Settings::threads`] threads; else as
/// [`run_sessions`].
///
/// # Panics
///
/// As [`run_sessions`].
///
/// # Errors
///
/// As [`run_sessions`].
pub fn run<S: Store + Clone + Send>(
    listeners: impl IntoIterator<Item = TcpListener>,
    store: S,
    settings: &Settings,
    handle: &ServerHandle,
) -> io::Result<()> {
    let lines = move |share: Share| {
        Lines::new(settings.limits, store.clone(), move |tally| share.answered(tally))
    };
    run_sessions(listeners, lines, settings, handle)
}

/// Serves listeners with [`Settings::threads`] threads, the caller's among them, until `handle`
/// says to stop; else as [`serve_sessions`].
///
/// # Panics
///
/// If [`Settings::limits`] allow a line for which the buffers have no room.
///
/// # Errors
///
/// If a listener cannot be registered with the system, or a thread does not start.
pub fn run_sessions<T: Session>(
    listeners: impl IntoIterator<Item = TcpListener>,
    session: impl Fn(Share) -> T + Clone + Send,
    settings: &Settings,
    handle: &ServerHandle,
) -> io::Result<()> {
    let listeners = register(listeners)?;
    let thread = Thread::new(session.clone(), settings, handle);
    thread::scope(|scope| {
        let other = |_| {
            let (sender, accepted) = unbounded();
            let session = session.clone();
            let receive =
                move || block_on(Thread::new(session, settings, handle).receive(accepted));
            thread::Builder::new().spawn_scoped(scope, receive)?;
            Ok(sender)
        };
        let others = (1..settings.threads).map(other).collect::<io::Result<_>>()?;
        let hand_over = thread.take_turns(others);
        block_on(thread.run(accept::<Smol>(&listeners, settings, handle, hand_over)));
        Ok(())
    })
}

fn register(
    listeners: impl IntoIterator<Item = TcpListener>,
) -> io::Result<Vec<Async<TcpListener>>> {
    listeners.into_iter().map(Async::new).collect()
}

/// How many turns connections have before one more is accepted. Each look costs some 250
/// instructions, if there is nobody to accept.
const TURNS: usize = 4;

/// How often that is before whatever else the caller's thread does has its turn.
const ROUNDS: usize = 50;

type Socket = <Smol as Runtime>::Socket;
type Accepted = (Socket, ConnectionGuard);

/// A thread's share of the connections.
struct Thread<'a, F> {
    connections: LocalExecutor<'a>,
    session: F,
    settings: &'a Settings,
    handle: &'a ServerHandle,
}

impl<'a, T: Session + 'a, F: Fn(Share) -> T> Thread<'a, F> {
    fn new(session: F, settings: &'a Settings, handle: &'a ServerHandle) -> Self {
        Self { connections: LocalExecutor::new(), session, settings, handle }
    }

    fn spawn(&self, socket: Socket, open: ConnectionGuard) {
        let session = (self.session)(open.share());
        let connection = connection::<Smol, _>(socket, open, session, self.settings);
        self.connections.spawn(connection).detach();
    }

    /// Hands sockets to this thread and others in turn. The others go on until this is dropped.
    fn take_turns(&self, others: Vec<Sender<Accepted>>) -> impl FnMut(Socket, ConnectionGuard) {
        let mut turns = (0..=others.len()).cycle();
        move |socket, open| {
            let accepted = (socket, open);
            let sent = match turns.next().and_then(|turn| others.get(turn)) {
                Some(other) => other.try_send(accepted).map_err(TrySendError::into_inner),
                None => Err(accepted),
            };
            if let Err((socket, open)) = sent {
                self.spawn(socket, open);
            }
        }
    }

    async fn receive(&self, accepted: Receiver<Accepted>) {
        let spawned = async {
            while let Ok((socket, open)) = accepted.recv().await {
                self.spawn(socket, open);
            }
        };
        self.run(spawned).await;
    }

    /// Serves while connections are accepted, and until those that are left have ended.
    async fn run(&self, accepted: impl Future<Output = ()>) {
        self.serve_until(accepted).await;
        let grace = Smol::sleep(self.settings.grace);
        self.serve_until(or(self.handle.until_open(0), grace)).await;
    }

    /// Looks whether something is done after every few turns of connections. The executor's own
    /// `run` does so after 200 while they are busy, which new connections and a stop would wait for.
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

    use super::*;

    #[test]
    fn busy_connections_let_others_be_accepted() {
        let store = RefCell::new(FixedStore::<1, 1, 8>::new());
        let (settings, handle) = (Settings::default(), ServerHandle::default());
        let (turns, mut looks) = (Cell::new(0), 0);
        let lines = |_| Lines::new(settings.limits, &store, |_| ());
        let thread = Thread::new(lines, &settings, &handle);
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
        let lines = |_| Lines::new(settings.limits, &store, |_| ());
        let thread = Thread::new(lines, &settings, &handle);
        let listener = Async::<TcpListener>::bind(([127, 0, 0, 1], 0)).unwrap();
        let _peer = TcpStream::connect(listener.get_ref().local_addr().unwrap()).unwrap();
        let (socket, peer) = block_on(Smol::accept(&listener)).unwrap();
        thread.spawn(socket, handle.open(peer));
        handle.stop();
        // Its one turn is to hear of the stop. It goes while it waits for what the peer may send.
        assert!(thread.connections.try_tick());
        assert_eq!(handle.traffic().open, 1);
        drop(thread);
        let traffic = handle.traffic();
        assert_eq!((traffic.open, traffic.cut), (0, 0));
    }
}
