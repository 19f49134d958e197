//! Watching and stopping a running server, from any thread.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use event_listener::{Event, EventListener};
use metric_proto::Tally;

use crate::accept_error::AcceptError;
use crate::account::Account;

/// A handle to one server. Clones are handles to the same server. It cannot be reused after
/// [`stop`](Self::stop).
#[derive(Clone, Debug, Default)]
pub struct ServerHandle(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    stopping: AtomicBool,
    stopped: Event,
    open: AtomicUsize,
    /// Those of the open connections that are bounded elsewhere.
    exempt: AtomicUsize,
    closed: Event,
    accepted: AtomicU64,
    broken: AtomicU64,
    timed_out: AtomicU64,
    cut: AtomicU64,
    requests: AtomicU64,
    /// Wrong commands but those that are too long.
    malformed: AtomicU64,
    too_long: AtomicU64,
    accept_failures: AtomicU64,
    accept_error: Mutex<Option<AcceptError>>,
}

/// The counters of a server since its start.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerCounters {
    /// Open connections.
    pub open: usize,
    /// Accepted connections.
    pub accepted: u64,
    /// Connections whose stream failed, most likely by a reset.
    pub broken: u64,
    /// Connections whose peer was idle for too long.
    pub timed_out: u64,
    /// Connections that the server cut when it stopped, before all was answered and sent.
    pub cut: u64,
    /// Requests, including puts that the store refused.
    pub requests: u64,
    /// Wrong commands.
    pub wrong_commands: u64,
    /// Wrong commands whose line or key was longer than the server's limits.
    pub too_long: u64,
    /// Pauses after accepting failed, most likely at the limit of open files.
    pub accept_failures: u64,
    /// The last such failure.
    pub accept_error: Option<AcceptError>,
}

impl ServerHandle {
    /// Tells the server to stop: it accepts no more connections, answers what it has read, and
    /// ends.
    pub fn stop(&self) {
        self.0.stopping.store(true, SeqCst);
        self.0.stopped.notify(usize::MAX);
    }

    /// Whether the server was told to stop.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        self.0.stopping.load(SeqCst)
    }

    /// Returns a future that is ready once the server was told to stop.
    #[must_use]
    pub fn stopped(&self) -> Stopped {
        Stopped { handle: self.clone(), listener: self.0.stopped.listen() }
    }

    /// Counts a connection as open until the guard is dropped. Without a call of
    /// [`end`](ConnectionGuard::end) it counts as cut.
    #[must_use]
    pub fn open(&self, peer: SocketAddr) -> ConnectionGuard {
        self.0.accepted.fetch_add(1, Relaxed);
        self.0.open.fetch_add(1, SeqCst);
        let server = Share { handle: self.clone(), account: Account::of(peer) };
        ConnectionGuard { server, outcome: Outcome::Cut, is_exempt: false }
    }

    /// Waits until one more connection ends.
    pub async fn closed(&self) {
        self.0.closed.listen().await;
    }

    /// Waits until at most `at_most` connections are open, besides those that are
    /// [exempt](ConnectionGuard::exempt).
    pub async fn until_open(&self, at_most: usize) {
        let bounded =
            |shared: &Shared| shared.open.load(SeqCst).saturating_sub(shared.exempt.load(SeqCst));
        self.until(|shared| bounded(shared) <= at_most).await;
    }

    /// Waits until at most `at_most` connections are open that are
    /// [exempt](ConnectionGuard::exempt).
    pub async fn until_exempt(&self, at_most: usize) {
        self.until(|shared| shared.exempt.load(SeqCst) <= at_most).await;
    }

    /// Waits until no connection is open.
    pub async fn until_closed(&self) {
        self.until(|shared| shared.open.load(SeqCst) == 0).await;
    }

    async fn until(&self, holds: impl Fn(&Shared) -> bool) {
        loop {
            let closed = self.0.closed.listen();
            if holds(&self.0) {
                return;
            }
            closed.await;
        }
    }

    /// Counts answered lines. Of the wrong commands `too_long` were over the server's limits.
    pub fn answered(&self, tally: Tally, too_long: u64) {
        self.0.requests.fetch_add(tally.requests.into(), Relaxed);
        let others = u64::from(tally.wrong_commands).saturating_sub(too_long);
        self.0.malformed.fetch_add(others, Relaxed);
        self.0.too_long.fetch_add(too_long, Relaxed);
    }

    /// Counts a failure to accept.
    pub fn accept_failed(&self, error: &io::Error) {
        *self.0.accept_error.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.into());
        self.0.accept_failures.fetch_add(1, Relaxed);
    }

    /// Returns the counters. They are read one by one while the server runs, so they may not match.
    #[must_use]
    pub fn counters(&self) -> ServerCounters {
        let too_long = self.0.too_long.load(Relaxed);
        ServerCounters {
            open: self.0.open.load(SeqCst),
            accepted: self.0.accepted.load(Relaxed),
            broken: self.0.broken.load(Relaxed),
            timed_out: self.0.timed_out.load(Relaxed),
            cut: self.0.cut.load(Relaxed),
            requests: self.0.requests.load(Relaxed),
            wrong_commands: self.0.malformed.load(Relaxed) + too_long,
            too_long,
            accept_failures: self.0.accept_failures.load(Relaxed),
            accept_error: *self.0.accept_error.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }
}

/// Counts a connection as open; returned by [`ServerHandle::open`].
#[derive(Debug)]
pub struct ConnectionGuard {
    server: Share,
    outcome: Outcome,
    is_exempt: bool,
}

/// A connection's handle to its server, for counting.
#[derive(Clone, Debug)]
pub struct Share {
    handle: ServerHandle,
    account: Option<Arc<Account>>,
}

impl Share {
    /// Counts answered lines for the server and for the connection. At debug, logs the first wrong
    /// command among `bytes`.
    pub fn answered(&self, tally: Tally, too_long: u64, bytes: &[u8]) {
        self.handle.answered(tally, too_long);
        if let Some(account) = &self.account {
            account.answered(tally, bytes);
        }
    }
}

/// How a connection ended.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All that was read is answered and sent.
    Whole,
    /// The stream failed, most likely by a reset.
    Broken,
    /// The peer was idle for too long.
    TimedOut,
    /// The server cut it before all was answered and sent.
    Cut,
}

impl ConnectionGuard {
    /// Returns a handle to the server for the session.
    #[must_use]
    pub fn share(&self) -> Share {
        self.server.clone()
    }

    /// Returns a future that is ready once the server was told to stop.
    #[must_use]
    pub fn stopped(&self) -> Stopped {
        self.server.handle.stopped()
    }

    /// Lets another connection be accepted in place of this one, which is bounded elsewhere from now
    /// on.
    pub fn exempt(&mut self) {
        if !std::mem::replace(&mut self.is_exempt, true) {
            let shared = &*self.server.handle.0;
            shared.exempt.fetch_add(1, SeqCst);
            shared.closed.notify(usize::MAX);
        }
    }

    /// Sets the outcome of the connection. Dropping the guard counts it.
    pub fn end(&mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        let Share { handle, account } = &self.server;
        if let Some(account) = account {
            account.log_end(self.outcome);
        }
        let shared = &*handle.0;
        match self.outcome {
            Outcome::Whole => {}
            Outcome::Broken => _ = shared.broken.fetch_add(1, Relaxed),
            Outcome::TimedOut => _ = shared.timed_out.fetch_add(1, Relaxed),
            Outcome::Cut => _ = shared.cut.fetch_add(1, Relaxed),
        }
        if self.is_exempt {
            shared.exempt.fetch_sub(1, SeqCst);
        }
        shared.open.fetch_sub(1, SeqCst);
        shared.closed.notify(usize::MAX);
    }
}

/// A future that is ready once the server was told to stop; returned by [`ServerHandle::stopped`].
#[derive(Debug)]
pub struct Stopped {
    handle: ServerHandle,
    listener: EventListener,
}

impl Future for Stopped {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.handle.0.stopping.load(SeqCst) {
            return Poll::Ready(());
        }
        Pin::new(&mut self.listener).poll(context)
    }
}

#[cfg(test)]
mod tests {
    use futures_lite::future::{block_on, poll_once};

    use super::*;

    #[test]
    fn a_stop_is_heard_by_who_listens_before_and_after_it() {
        let handle = ServerHandle::default();
        let (mut before, clone) = (handle.stopped(), handle.clone());
        assert!(block_on(poll_once(&mut before)).is_none());
        clone.stop();
        block_on(before);
        block_on(handle.stopped());
    }

    #[test]
    fn each_connection_is_counted_by_its_outcome() {
        let (handle, peer) = (ServerHandle::default(), ([127, 0, 0, 1], 1).into());
        for outcome in [Outcome::Whole, Outcome::Broken, Outcome::TimedOut] {
            handle.open(peer).end(outcome);
        }
        drop(handle.open(peer));
        let mut last = handle.open(peer);
        let ServerCounters { open, accepted, broken, timed_out, cut, .. } = handle.counters();
        assert_eq!((open, accepted, broken, timed_out, cut), (1, 5, 1, 1, 1));
        assert!(block_on(poll_once(handle.until_open(0))).is_none());
        last.end(Outcome::Whole);
        assert!(block_on(poll_once(handle.until_open(0))).is_none());
        drop(last);
        block_on(handle.until_closed());
    }

    #[test]
    fn an_exempt_connection_makes_room_but_keeps_the_server_from_ending() {
        let (handle, peer) = (ServerHandle::default(), ([127, 0, 0, 1], 1).into());
        let mut guard = handle.open(peer);
        let mut room = Box::pin(handle.until_open(0));
        assert!(block_on(poll_once(&mut room)).is_none());
        guard.exempt();
        guard.exempt();
        block_on(room);
        assert!(block_on(poll_once(handle.until_closed())).is_none());
        drop(guard);
        block_on(handle.until_closed());
        let _other = handle.open(peer);
        assert!(block_on(poll_once(handle.until_open(0))).is_none());
    }
}
