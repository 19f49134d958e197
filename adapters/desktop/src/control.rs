//! How a running server is watched and stopped, from any thread.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, AtomicUsize};
use std::task::{Context, Poll};

use event_listener::{Event, EventListener};
use metric_proto::Tally;

/// A handle to a server that runs; clones are handles to the same one.
#[derive(Clone, Debug, Default)]
pub struct Control(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    stopping: AtomicBool,
    stopped: Event,
    open: AtomicUsize,
    closed: Event,
    accepted: AtomicU64,
    cut: AtomicU64,
    requests: AtomicU64,
    wrong_commands: AtomicU64,
    accept_failures: AtomicU64,
    accept_error: AtomicI32,
}

/// What a server did since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Connections that are open.
    pub open: usize,
    /// Connections that were accepted.
    pub accepted: u64,
    /// Connections that the server ended before they had ended by themselves.
    pub cut: u64,
    /// Requests, among them the puts that the store refused.
    pub requests: u64,
    /// Lines that were no request.
    pub wrong_commands: u64,
    /// How often accepting failed for want of something, such as open files.
    pub accept_failures: u64,
    /// The system's number of the last such failure; 0 if there was none.
    pub accept_error: i32,
}

impl Control {
    /// Tells the server to stop: it accepts no more, answers what it has read, and ends.
    pub fn stop(&self) {
        self.0.stopping.store(true, SeqCst);
        self.0.stopped.notify(usize::MAX);
    }

    /// Is ready once the server is to stop, and from then on.
    #[must_use]
    pub fn stopped(&self) -> Stopped {
        Stopped { control: self.clone(), listener: self.0.stopped.listen() }
    }

    /// Counts a connection as open until it says to have ended. One that is dropped before counts
    /// as cut.
    #[must_use]
    pub fn open(&self) -> Open {
        self.0.accepted.fetch_add(1, Relaxed);
        self.0.open.fetch_add(1, SeqCst);
        Open { control: self.clone(), ended: false }
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

    /// Counts what was answered.
    pub fn answered(&self, tally: Tally) {
        self.0.requests.fetch_add(tally.requests.into(), Relaxed);
        self.0.wrong_commands.fetch_add(tally.wrong_commands.into(), Relaxed);
    }

    /// Counts a failure to accept.
    pub fn accept_failed(&self, error: &io::Error) {
        self.0.accept_error.store(error.raw_os_error().unwrap_or(0), Relaxed);
        self.0.accept_failures.fetch_add(1, Relaxed);
    }

    /// What the server did so far. The figures are read one by one while it runs.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        Traffic {
            open: self.0.open.load(SeqCst),
            accepted: self.0.accepted.load(Relaxed),
            cut: self.0.cut.load(Relaxed),
            requests: self.0.requests.load(Relaxed),
            wrong_commands: self.0.wrong_commands.load(Relaxed),
            accept_failures: self.0.accept_failures.load(Relaxed),
            accept_error: self.0.accept_error.load(Relaxed),
        }
    }
}

/// A connection that is open; made by [`Control::open`].
#[derive(Debug)]
pub struct Open {
    control: Control,
    ended: bool,
}

impl Open {
    /// Says that the connection ended by itself.
    pub fn end(mut self) {
        self.ended = true;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Shared { open, closed, cut, .. } = &*self.control.0;
        cut.fetch_add(u64::from(!self.ended), Relaxed);
        open.fetch_sub(1, SeqCst);
        closed.notify(usize::MAX);
    }
}

/// A future that is ready once the server is to stop; made by [`Control::stopped`].
#[derive(Debug)]
pub struct Stopped {
    control: Control,
    listener: EventListener,
}

impl Future for Stopped {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.control.0.stopping.load(SeqCst) {
            return Poll::Ready(());
        }
        Pin::new(&mut self.listener).poll(context)
    }
}
