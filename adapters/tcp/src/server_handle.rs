//! How a running server is watched and stopped, from any thread.

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

/// A handle to a server that runs; clones are handles to the same one. It is for one server, and
/// once.
#[derive(Clone, Debug, Default)]
pub struct ServerHandle(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    stopping: AtomicBool,
    stopped: Event,
    open: AtomicUsize,
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

/// What a server did since it was started.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ServerCounters {
    /// Connections that are open.
    pub open: usize,
    /// Connections that were accepted.
    pub accepted: u64,
    /// Connections whose stream failed, most likely by a reset.
    pub broken: u64,
    /// Connections whose peer was idle for too long.
    pub timed_out: u64,
    /// Connections that the server ended in the middle when it stopped.
    pub cut: u64,
    /// Requests, among them the puts that the store refused.
    pub requests: u64,
    /// Lines that were no request.
    pub wrong_commands: u64,
    /// Those of them whose line or key was longer than the server's limits.
    pub too_long: u64,
    /// How often there was a pause because accepting failed, most likely for want of open files.
    pub accept_failures: u64,
    /// The last such failure.
    pub accept_error: Option<AcceptError>,
}

impl ServerHandle {
    /// Tells the server to stop: it accepts no more, answers what it has read, and ends.
    pub fn stop(&self) {
        self.0.stopping.store(true, SeqCst);
        self.0.stopped.notify(usize::MAX);
    }

    /// Is ready once the server is to stop, and from then on.
    #[must_use]
    pub fn stopped(&self) -> Stopped {
        Stopped { handle: self.clone(), listener: self.0.stopped.listen() }
    }

    /// Counts a connection as open until it is dropped. One that did not say how it ended counts as
    /// cut.
    #[must_use]
    pub fn open(&self, peer: SocketAddr) -> ConnectionGuard {
        self.0.accepted.fetch_add(1, Relaxed);
        self.0.open.fetch_add(1, SeqCst);
        let server = Share { handle: self.clone(), account: Account::of(peer) };
        ConnectionGuard { server, outcome: Outcome::Cut }
    }

    /// Waits until one more connection has ended.
    pub async fn closed(&self) {
        self.0.closed.listen().await;
    }

    /// Waits until no more than so many connections are open.
    pub async fn until_open(&self, at_most: usize) {
        loop {
            let closed = self.0.closed.listen();
            if self.0.open.load(SeqCst) <= at_most {
                return;
            }
            closed.await;
        }
    }

    /// Counts what was answered. Of the wrong commands `too_long` were over the server's limits.
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

    /// What the server did so far. The figures are read one by one while it runs.
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

/// A connection that is open; made by [`ServerHandle::open`].
#[derive(Debug)]
pub struct ConnectionGuard {
    server: Share,
    outcome: Outcome,
}

/// The server, as one of its connections sees it.
#[derive(Clone, Debug)]
pub struct Share {
    handle: ServerHandle,
    account: Option<Arc<Account>>,
}

impl Share {
    /// Counts what was answered, for the server and in the connection's own account, which logs the
    /// first wrong command among the bytes that were answered.
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
    /// Whole: all that was read is answered and sent.
    Whole,
    /// Its stream failed, most likely by a reset.
    Broken,
    /// Its peer was idle for too long.
    TimedOut,
    /// The server ended it in the middle.
    Cut,
}

impl ConnectionGuard {
    /// The server that the connection is of, for its session.
    #[must_use]
    pub fn share(&self) -> Share {
        self.server.clone()
    }

    /// Is ready once the server is to stop, and from then on.
    #[must_use]
    pub fn stopped(&self) -> Stopped {
        self.server.handle.stopped()
    }

    /// Says how the connection ended. It is counted when this is dropped.
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
        shared.open.fetch_sub(1, SeqCst);
        shared.closed.notify(usize::MAX);
    }
}

/// A future that is ready once the server is to stop; made by [`ServerHandle::stopped`].
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
        block_on(handle.until_open(0));
    }
}
