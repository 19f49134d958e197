//! The server: one thread, or several that share a listener.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::thread;

use metric_desktop::{Control, Open, Settings};
use metric_proto::Store;
use smol::channel::{Receiver, unbounded};
use smol::future::or;
use smol::{Async, LocalExecutor, Timer, block_on};

use crate::accept::accept;
use crate::connection::connection;

/// Serves a listener within the caller's thread until `control` says to stop.
///
/// Each connection has a handle of the store. When it stops, every request that was read is
/// answered, within [`Settings::grace`]; connections that take longer are cut and counted. If the
/// future is dropped, all connections are cut. [`Settings::threads`] does not matter here.
///
/// # Errors
///
/// If the listener cannot be registered with the system.
pub async fn serve<S: Store + Clone>(
    listener: TcpListener,
    store: S,
    settings: &Settings,
    control: &Control,
) -> io::Result<()> {
    let listener = Async::new(listener)?;
    let thread = Thread::new(store, settings, control);
    let accepted =
        accept(listener, settings, control, |socket| thread.spawn(socket, control.open()));
    thread.run(accepted).await;
    Ok(())
}

/// Serves a listener with [`Settings::threads`] threads, the caller's among them, until `control`
/// says to stop; else as [`serve`].
///
/// # Errors
///
/// If the listener cannot be registered with the system.
pub fn run<S: Store + Clone + Send>(
    listener: TcpListener,
    store: S,
    settings: &Settings,
    control: &Control,
) -> io::Result<()> {
    let listener = Async::new(listener)?;
    thread::scope(|scope| {
        let others = (1..settings.threads).map(|_| {
            let (sender, accepted) = unbounded();
            let store = store.clone();
            scope.spawn(move || block_on(Thread::new(store, settings, control).receive(accepted)));
            sender
        });
        let others: Vec<_> = others.collect();
        let mut turns = (0..settings.threads.max(1)).cycle();
        let thread = Thread::new(store, settings, control);
        let this = &thread;
        let hand_over = move |socket| {
            let open = control.open();
            match turns.next().and_then(|turn| others.get(turn.checked_sub(1)?)) {
                Some(other) => drop(other.try_send((socket, open))),
                None => this.spawn(socket, open),
            }
        };
        block_on(thread.run(accept(listener, settings, control, hand_over)));
    });
    Ok(())
}

/// A thread's share of the connections.
struct Thread<'a, S> {
    connections: LocalExecutor<'a>,
    store: S,
    settings: &'a Settings,
    control: &'a Control,
}

impl<'a, S: Store + Clone + 'a> Thread<'a, S> {
    fn new(store: S, settings: &'a Settings, control: &'a Control) -> Self {
        Self { connections: LocalExecutor::new(), store, settings, control }
    }

    fn spawn(&self, socket: Async<TcpStream>, open: Open) {
        let (store, settings, control) = (self.store.clone(), self.settings, self.control);
        let served = async move {
            connection(socket, store, settings, control).await;
            open.end();
        };
        self.connections.spawn(served).detach();
    }

    async fn receive(&self, accepted: Receiver<(Async<TcpStream>, Open)>) {
        let spawned = async {
            while let Ok((socket, open)) = accepted.recv().await {
                self.spawn(socket, open);
            }
        };
        self.run(spawned).await;
    }

    /// Serves while connections are accepted, and until those that are left have ended.
    async fn run(&self, accepted: impl Future<Output = ()>) {
        self.connections.run(accepted).await;
        let ended = self.connections.run(self.control.until_open(0));
        let too_late = async {
            Timer::after(self.settings.grace).await;
        };
        or(ended, too_late).await;
    }
}
